"use client";
import type { ReactNode } from "react";
import { SourcePage } from "@/features/knowledge/SourcePage";
import { SourcesList } from "@/features/knowledge/SourcesList";
import { useId } from "@/nav";

/** All data sources, or the one of `?id=`. */
export function KnowledgeScreen(): ReactNode {
  const id = useId();
  return id ? <SourcePage key={id} id={id} /> : <SourcesList />;
}
