"use client";
import type { ReactNode } from "react";
import { AgentPage } from "@/features/agents/AgentPage";
import { AgentsList } from "@/features/agents/AgentsList";
import { useId } from "@/nav";

/** All agents, or the one of `?id=`. */
export function AgentsScreen(): ReactNode {
  const id = useId();
  return id ? <AgentPage key={id} id={id} /> : <AgentsList />;
}
