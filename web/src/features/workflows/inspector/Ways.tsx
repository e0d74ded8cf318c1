"use client";
import type { ReactNode } from "react";
import styles from "@/features/workflows/inspector/Inspector.module.css";
import { connected, disconnected, relabelled } from "@/features/workflows/model/edit";
import { edgeKey, graphAt } from "@/features/workflows/model/flow";
import { outcomesOf } from "@/features/workflows/model/outcomes";
import { ancestors } from "@/features/workflows/model/scope";
import { useEditor, useEditorStore } from "@/features/workflows/store";
import { type Actions, readable } from "@/features/workflows/useActions";
import { useT } from "@/i18n";
import { IconButton } from "@/ui/Button";
import { Select } from "@/ui/Field";

const ALWAYS = "";

/** Where a node leads, and by which outcome; each can be changed, taken away, or joined by another. */
export function Ways({ id, actions }: { id: string; actions: Actions }): ReactNode {
  const t = useT();
  const store = useEditorStore();
  const place = useEditor((state) => state.place);
  const graph = useEditor((state) => graphAt(state.flow, state.place));
  const node = graph?.nodes[id];
  if (!graph || !node || node.type === "end") return null;
  const edges = graph.edges.filter((edge) => edge.source === id);
  const before = new Set([id, ...ancestors(graph, id)]);
  const targets = Object.keys(graph.nodes).filter((each) => !before.has(each) && graph.nodes[each]?.type !== "start");
  return (
    <fieldset className={styles.ways}>
      <legend>{t("workflows.ways")}</legend>
      {edges.map((edge) => {
        const key = edgeKey(edge);
        return (
          <div key={key} className={styles.way}>
            <LabelChoice id={id} label={edge.label} name={readable(key)} onChange={(label) => store.getState().commit("label", readable(key), relabelled(store.getState().flow, place, key, label))} />
            <span aria-hidden="true">→</span>
            <button type="button" className={styles.target} onClick={() => actions.focus(edge.target, place)}>
              {edge.target}
            </button>
            <IconButton
              small
              icon="close"
              label={t("workflows.disconnect", { way: readable(key) })}
              onClick={() => store.getState().commit("disconnect", readable(key), disconnected(store.getState().flow, place, [key]))}
            />
          </div>
        );
      })}
      {targets.length > 0 && (
        <Select
          aria-label={t("workflows.connectTo")}
          value=""
          onChange={(event) => store.getState().commit("connect", `${id} → ${event.target.value}`, connected(store.getState().flow, place, id, event.target.value))}
        >
          <option value="">{t("workflows.connectTo")}</option>
          {targets.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </Select>
      )}
    </fieldset>
  );
}

interface ChoiceProps {
  id: string;
  label: string | null;
  name: string;
  onChange: (label: string | null) => void;
}

/** The outcome by which an edge is taken. */
export function LabelChoice({ id, label, name, onChange }: ChoiceProps): ReactNode {
  const t = useT();
  const node = useEditor((state) => graphAt(state.flow, state.place)?.nodes[id]);
  const known = node ? outcomesOf(node) : [];
  const labels = [...new Set([...known, ...(label === null ? [] : [label]), "error"])];
  return (
    <Select aria-label={t("workflows.labelOf", { way: name })} value={label ?? ALWAYS} onChange={(event) => onChange(event.target.value === ALWAYS ? null : event.target.value)}>
      <option value={ALWAYS}>{t("workflows.always")}</option>
      {labels.map((each) => (
        <option key={each} value={each}>
          {each}
        </option>
      ))}
    </Select>
  );
}
