"use client";
import type { ReactNode } from "react";
import { EditorPage } from "@/features/workflows/EditorPage";
import { FlowsList } from "@/features/workflows/FlowsList";
import { useId } from "@/nav";

/** All flows, or the one of `?id=`. */
export function WorkflowsScreen(): ReactNode {
  const id = useId();
  return id ? <EditorPage key={id} id={id} /> : <FlowsList />;
}
