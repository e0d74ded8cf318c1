"use client";
import { useMemo } from "react";
import { useKinds } from "@/features/workflows/kinds";
import { type Variable, variablesFor } from "@/features/workflows/model/scope";
import { selectedNode, useEditor } from "@/features/workflows/store";

/** What the selected node can read, with what it came to in the last run. */
export function useVariables(): Variable[] {
  const kinds = useKinds();
  const flow = useEditor((state) => state.flow);
  const place = useEditor((state) => state.place);
  const id = useEditor(selectedNode);
  const run = useEditor((state) => state.run);
  return useMemo(() => {
    if (!id) return [];
    const outputs = Object.fromEntries(Object.entries(run?.nodes ?? {}).flatMap(([name, node]) => (node.standing === "completed" ? [[name, node.output]] : [])));
    return variablesFor(flow, place, id, { schemaOf: (type) => kinds.of(type)?.output_schema ?? {}, inputs: run?.inputs ?? {}, outputs });
  }, [flow, id, kinds, place, run]);
}
