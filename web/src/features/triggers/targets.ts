"use client";
import { useQuery } from "@tanstack/react-query";
import { api, data } from "@/api/client";
import { keys } from "@/api/queries";

const MOST = 200;

interface Named {
  id: string;
  name: string;
}

/** What a trigger can start or watch: the newest workflows and agents. */
export function useTargets(): { workflows: readonly Named[]; agents: readonly Named[] } {
  const query = { params: { query: { limit: MOST } } };
  const workflows = useQuery({ queryKey: [...keys.list("workflows"), "names"], queryFn: () => data(api.GET("/api/workflows", query)) });
  const agents = useQuery({ queryKey: [...keys.list("agents"), "names"], queryFn: () => data(api.GET("/api/agents", query)) });
  return {
    workflows: (workflows.data?.items ?? []).map((each) => ({ id: each.id, name: each.name || each.slug })),
    agents: (agents.data?.items ?? []).map((each) => ({ id: each.id, name: each.name })),
  };
}
