"use client";
import type { ReactNode } from "react";
import { RunPage } from "@/features/runs/RunPage";
import { RunsList } from "@/features/runs/RunsList";
import { useId } from "@/nav";

/** All runs, or the one of `?id=`. */
export function RunsScreen(): ReactNode {
  const id = useId();
  return id ? <RunPage key={id} id={id} /> : <RunsList />;
}
