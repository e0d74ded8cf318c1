"use client";
import { useQuery } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useMemo } from "react";
import { api, data, type Schema } from "@/api/client";
import { useT } from "@/i18n";
import { en, type Key } from "@/i18n/en";
import type { IconName } from "@/ui/Icon";

export type NodeType = Schema<"NodeTypeView">;

const ICONS: Readonly<Record<string, IconName>> = {
  agent: "agent",
  aggregate: "fork",
  answer: "chat",
  assign: "key",
  classify: "table",
  code: "code",
  condition: "fork",
  document: "file",
  end: "stop",
  extract: "search",
  function: "code",
  http: "link",
  human: "user",
  iterate: "menu",
  list: "menu",
  llm: "chat",
  loop: "retry",
  retrieve: "book",
  start: "play",
  switch: "fork",
  template: "file",
  tool: "tool",
  transform: "bolt",
  wait: "clock",
  workflow: "flow",
};

const GROUPS = ["flow", "model", "data", "people", "outside"];

/** The glyph of a node type; plugged ones share one. */
export function iconOf(type: string): IconName {
  return ICONS[type] ?? "plug";
}

export interface Kinds {
  /** In the order of the palette: by group, and in a group by name. */
  all: readonly NodeType[];
  groups: readonly { group: string; name: string; types: readonly NodeType[] }[];
  of: (type: string) => NodeType | null;
  /** A type in the chosen language; a plugged one keeps its own name. */
  word: (type: string) => string;
  loading: boolean;
  error: Error | null;
}

/** A text of this feature by a key that is made at run time; null where there is none. */
export function useWord(): (key: string, otherwise: string) => string {
  const t = useT();
  return useCallback((key: string, otherwise: string) => (key in en ? t(key as Key) : otherwise), [t]);
}

export const KindsContext = createContext<Kinds>({ all: [], groups: [], of: () => null, word: (type) => type, loading: true, error: null });

/** The node types of this installation. */
export function useKinds(): Kinds {
  return useContext(KindsContext);
}

/** Asks for the node types, for all that stands in a `KindsContext`. */
export function useLoadedKinds(): Kinds {
  const word = useWord();
  const found = useQuery({ queryKey: ["node-types"], queryFn: () => data(api.GET("/api/meta/node-types")), staleTime: Number.POSITIVE_INFINITY });
  return useMemo(() => {
    const items = found.data?.items ?? [];
    const byType = new Map(items.map((each) => [each.type, each]));
    const named = (type: string): string => word(`workflows.type.${type}`, type);
    const rank = (group: string): number => (GROUPS.includes(group) ? GROUPS.indexOf(group) : GROUPS.length);
    const names = [...new Set(items.map((each) => each.group))].sort((one, other) => rank(one) - rank(other));
    const groups = names.map((group) => ({
      group,
      name: word(`workflows.group.${group}`, group),
      types: items.filter((each) => each.group === group && each.type !== "function").sort((one, other) => named(one.type).localeCompare(named(other.type))),
    }));
    return {
      all: groups.flatMap((each) => each.types),
      groups,
      of: (type: string) => byType.get(type) ?? null,
      word: named,
      loading: found.isPending,
      error: found.error,
    };
  }, [found.data, found.error, found.isPending, word]);
}
