"use client";
import { useCallback } from "react";
import { useKinds } from "@/features/workflows/kinds";
import type { Describe } from "@/features/workflows/model/elements";
import type { FlowNode } from "@/features/workflows/model/flow";
import { useT } from "@/i18n";

/** How a node is read out: “classify, agent, 2 outgoing: yes → draft, no → end”. */
export function useDescriptions(): Describe {
  const t = useT();
  const { word } = useKinds();
  return useCallback(
    (id, node, edges) => {
      const ways = edges.map((edge) => `${edge.label ? `${edge.label} ` : ""}→ ${edge.target}`);
      return [`${id}, ${word(node.type)}`, t("workflows.outgoing", { n: ways.length }) + (ways.length > 0 ? `: ${ways.join(", ")}` : "")].join(", ");
    },
    [t, word],
  );
}

const TELLING = ["purpose", "agent", "question", "when", "prompt", "expression", "url", "query", "text", "template", "tool", "workflow", "items", "until", "while", "code", "value", "input", "seconds"];

/** The one line of a node's configuration that says most. */
export function gist({ config }: FlowNode): string {
  for (const name of TELLING) {
    const value = config[name];
    if (typeof value === "string" && value.trim()) return value.trim().split("\n")[0] ?? "";
    if (typeof value === "number") return String(value);
  }
  const first = Object.values(config).find((value) => typeof value === "object" && value !== null);
  return first ? Object.keys(first).join(", ") : "";
}
