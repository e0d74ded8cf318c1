"use client";
import { createContext, useContext } from "react";
import { createStore, type StoreApi, useStore } from "zustand";
import type { Flow } from "@/features/workflows/model/flow";
import { graphAt } from "@/features/workflows/model/flow";
import { committed, type History, type Label, NO_HISTORY, redone, undone, type Verb } from "@/features/workflows/model/history";
import type { LiveRun } from "@/features/workflows/model/live";
import { type Problem, worst } from "@/features/workflows/model/problems";

export type Saving = "saved" | "saving" | "waiting" | "invalid" | "offline" | "refused";

/** What the rest of the editor asks of the canvas. */
export interface CanvasHandle {
  fit: () => void;
  /** Brings a node into view and gives it the focus. */
  show: (id: string) => void;
}

/** All that one open flow's editor knows. */
export interface Editor {
  workflowId: string;
  flow: Flow;
  history: History;
  /** The nodes whose body is shown, outermost first. */
  place: readonly string[];
  /** Ids of nodes and keys of edges. */
  selected: ReadonlySet<string>;
  /** Grows whenever the flow changes otherwise than by typing, so that fields read it again. */
  revision: number;
  problems: readonly Problem[];
  /** The worst of each node's problems, by its id. */
  wrong: Readonly<Record<string, string>>;
  saving: Saving;
  saved: Flow;
  version: number;
  run: LiveRun | null;
  canvas: CanvasHandle | null;

  commit: (verb: Verb, name: string, flow: Flow, options?: { key?: string; select?: readonly string[] }) => void;
  undo: () => Label | null;
  redo: () => Label | null;
  select: (ids: readonly string[]) => void;
  enter: (place: readonly string[], select?: readonly string[]) => void;
  set: (changes: Partial<Pick<Editor, "problems" | "saving" | "saved" | "version" | "run" | "canvas">>) => void;
}

export type EditorStore = StoreApi<Editor>;

const NONE: ReadonlySet<string> = new Set();

/** The state of one flow's editor. */
export function createEditor(workflowId: string, flow: Flow, version: number): EditorStore {
  return createStore<Editor>()((set, get) => {
    const take = (step: ReturnType<typeof undone>): Label | null => {
      if (!step) return null;
      const { place, selected } = get();
      const shown = graphAt(step.flow, place) ? place : [];
      set({ flow: step.flow, history: step.history, place: shown, selected: shown === place ? selected : NONE, revision: get().revision + 1 });
      return step.label;
    };
    return {
      workflowId,
      flow,
      history: NO_HISTORY,
      place: [],
      selected: NONE,
      revision: 0,
      problems: [],
      wrong: {},
      saving: "saved",
      saved: flow,
      version,
      run: null,
      canvas: null,
      commit: (verb, name, next, { key, select } = {}) => {
        const state = get();
        if (next === state.flow) return;
        const place = graphAt(next, state.place) ? state.place : [];
        set({
          flow: next,
          history: committed(state.history, state.flow, { verb, name }, Date.now(), key ?? null),
          place,
          selected: select ? new Set(select) : state.selected,
          revision: key ? state.revision : state.revision + 1,
        });
      },
      undo: () => take(undone(get().history, get().flow)),
      redo: () => take(redone(get().history, get().flow)),
      select: (ids) => {
        const { selected } = get();
        if (ids.length === selected.size && ids.every((id) => selected.has(id))) return;
        set({ selected: new Set(ids) });
      },
      enter: (place, select = []) => set({ place, selected: new Set(select) }),
      set: (changes) => set(changes.problems ? { ...changes, wrong: worst(changes.problems) } : changes),
    };
  });
}

export const EditorContext = createContext<EditorStore | null>(null);

/** The store of the flow that is open. */
export function useEditorStore(): EditorStore {
  const store = useContext(EditorContext);
  if (!store) throw new Error("This stands outside of an open flow.");
  return store;
}

/** A part of the open flow's state. */
export function useEditor<T>(selector: (state: Editor) => T): T {
  return useStore(useEditorStore(), selector);
}

/** The one node that is selected; null for none and for several. */
export function selectedNode(state: Editor): string | null {
  const graph = graphAt(state.flow, state.place);
  const nodes = [...state.selected].filter((id) => graph?.nodes[id]);
  return nodes.length === 1 ? (nodes[0] ?? null) : null;
}

/** The one edge that is selected, where no node is. */
export function selectedEdge(state: Editor): string | null {
  const only = state.selected.size === 1 ? [...state.selected][0] : undefined;
  return only?.includes("->") ? only : null;
}
