"use client";
import { useQuery } from "@tanstack/react-query";
import { api, data } from "@/api/client";

const ALL = { params: { query: { limit: 100 } } };

const LISTS: Readonly<Record<string, () => Promise<string[]>>> = {
  agents: async () => (await data(api.GET("/api/agents", ALL))).items.map((each) => each.slug),
  datasources: async () => (await data(api.GET("/api/datasources", ALL))).items.map((each) => each.name),
  providers: async () => (await data(api.GET("/api/providers", ALL))).items.map((each) => each.name),
  tools: async () => (await data(api.GET("/api/meta/tools"))).items.map((each) => each.name),
  workflows: async () => (await data(api.GET("/api/workflows", ALL))).items.map((each) => each.slug),
};

/** The names of what there is of a kind, to choose from. */
export function useKnownNames(kind: string | null): string[] {
  const found = useQuery({
    queryKey: ["known-names", kind],
    queryFn: () => LISTS[kind ?? ""]?.() ?? Promise.resolve([]),
    enabled: kind !== null && kind in LISTS,
  });
  return found.data ?? [];
}
