"use client";
import { useMemo } from "react";
import { messageOf } from "@/api/errors";
import { added, connected, disconnected, inserted, moved, removed } from "@/features/workflows/model/edit";
import { type Flow, graphAt, nodeOf, type Point } from "@/features/workflows/model/flow";
import type { Label } from "@/features/workflows/model/history";
import { copied, pasted } from "@/features/workflows/model/paste";
import { tidy } from "@/features/workflows/model/tidy";
import { starter } from "@/features/workflows/starters";
import { type EditorStore, selectedNode } from "@/features/workflows/store";
import { type Translate, useT } from "@/i18n";
import type { Key } from "@/i18n/en";
import { useToasts } from "@/ui/Toasts";

export interface Target {
  /** Joined behind this node. */
  after?: string | null;
  /** Out of it by this way. */
  label?: string | null;
  /** In the middle of this edge. */
  edge?: string;
  at?: Point;
  /** Into the body of these nodes. */
  inside?: readonly string[];
}

export interface Actions {
  add: (type: string, target?: Target) => string;
  join: (source: string, target: string) => void;
  remove: () => void;
  copy: () => Promise<string | null>;
  paste: (text: string) => Promise<boolean>;
  duplicate: () => void;
  undo: () => void;
  redo: () => void;
  tidy: () => Promise<void>;
  focus: (id: string, place: readonly string[]) => void;
}

const yaml = () => import("@/features/workflows/model/yaml");

/** What a step of the history did, in words: “Move ‘classify’”. */
export function told(t: Translate, label: Label): string {
  return t(`workflows.did.${label.verb}` as Key, { name: label.name });
}

/** Everything that can be done with the open flow, for the mouse, the keyboard and the outline alike. */
export function useActions(store: EditorStore): Actions {
  const t = useT();
  const say = useToasts();
  return useMemo(() => {
    const now = () => store.getState();
    const names = (ids: readonly string[]): string => (ids.length === 1 ? (ids[0] ?? "") : t("workflows.several", { n: ids.length }));
    const chosen = (): { nodes: string[]; edges: string[] } => {
      const { flow, place, selected } = now();
      const graph = graphAt(flow, place);
      const nodes = [...selected].filter((id) => graph?.nodes[id]);
      return { nodes, edges: [...selected].filter((id) => id.includes("->")) };
    };
    const put = (verb: "paste" | "duplicate", part: unknown): boolean => {
      const { commit, flow, place } = now();
      const made = pasted(flow, place, part);
      if (!made) return false;
      commit(verb, names(made.ids), made.flow, { select: made.ids });
      return true;
    };
    return {
      add: (type, target = {}) => {
        if (target.inside) now().enter(target.inside);
        const { commit, flow, place } = now();
        const config = starter(type, t);
        const made = target.edge ? inserted(flow, place, target.edge, type, config) : addedBehind(flow, place, type, config, target);
        commit(target.edge ? "insert" : "add", made.id, made.flow, { select: [made.id] });
        return made.id;
      },
      join: (source, target) => {
        const { commit, flow, place } = now();
        commit("connect", `${source} → ${target}`, connected(flow, place, source, target));
      },
      remove: () => {
        const { commit, flow, place } = now();
        const { edges, nodes } = chosen();
        if (nodes.length + edges.length === 0) return;
        const without = removed(disconnected(flow, place, edges), place, nodes);
        commit(nodes.length > 0 ? "remove" : "disconnect", names(nodes.length > 0 ? nodes : edges.map(readable)), without, { select: [] });
      },
      copy: async () => {
        const { flow, place } = now();
        const part = copied(flow, place, chosen().nodes);
        return part && (await yaml()).dataToYaml(part);
      },
      paste: async (text) => put("paste", (await yaml()).readYaml(text).data),
      duplicate: () => {
        const { flow, place } = now();
        put("duplicate", copied(flow, place, chosen().nodes));
      },
      undo: () => {
        const label = now().undo();
        say.done(label ? t("workflows.undone", { what: told(t, label) }) : t("workflows.nothingToUndo"));
      },
      redo: () => {
        const label = now().redo();
        say.done(label ? t("workflows.redone", { what: told(t, label) }) : t("workflows.nothingToRedo"));
      },
      tidy: async () => {
        const { flow, place } = now();
        const graph = graphAt(flow, place);
        if (!graph) return;
        try {
          const layout = await tidy(graph);
          if (now().flow !== flow) return;
          now().commit("tidy", names(Object.keys(layout)), moved(flow, place, layout));
          requestAnimationFrame(() => now().canvas?.fit());
        } catch (error) {
          say.failed(messageOf(error));
        }
      },
      focus: (id, place) => {
        if (place.join() !== now().place.join()) now().enter(place, [id]);
        else now().select([id]);
        requestAnimationFrame(() => now().canvas?.show(id));
      },
    };
  }, [say, store, t]);
}

function addedBehind(flow: Flow, place: readonly string[], type: string, config: Readonly<Record<string, unknown>>, { after, label, at }: Target): { flow: Flow; id: string } {
  const source = after && nodeOf(flow, after)?.type !== "end" ? after : null;
  if (label === undefined) return added(flow, place, type, config, { after: source, at });
  const made = added(flow, place, type, config, { at });
  return source ? { id: made.id, flow: connected(made.flow, place, source, made.id, label) } : made;
}

/** An edge's key as people read it. */
export function readable(key: string): string {
  const [source, target, label] = key.split("->");
  return label ? `${source} → ${target}: ${label}` : `${source} → ${target}`;
}

/** The node behind which a new one goes: the selected one. */
export function behind(store: EditorStore): string | null {
  return selectedNode(store.getState());
}
