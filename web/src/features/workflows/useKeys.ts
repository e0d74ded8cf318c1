"use client";
import { useEffect } from "react";
import { everyNode, graphAt } from "@/features/workflows/model/flow";
import { neighbour } from "@/features/workflows/model/outline";
import { goTo } from "@/features/workflows/ProblemsList";
import { type EditorStore, selectedNode } from "@/features/workflows/store";
import type { Actions, Target } from "@/features/workflows/useActions";

export interface Commands {
  actions: Actions;
  add: (target: Target) => void;
  run: () => void;
  runHere: (id: string) => void;
  publish: () => void;
  shortcuts: () => void;
}

const WALKS = { ArrowLeft: "before", ArrowRight: "after", ArrowUp: "up", ArrowDown: "down" } as const;

/** The editor's keys. They rest while somebody types, and while a dialog is open. */
export function useKeys(store: EditorStore, commands: Commands): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      const handled = event.ctrlKey || event.metaKey ? withModifier(event, store, commands) : isTyping(event) ? false : plain(event, store, commands);
      if (handled) {
        event.preventDefault();
        event.stopPropagation();
      }
    };
    const copy = (event: ClipboardEvent): void => {
      if (isTyping(event) || (globalThis.getSelection()?.toString() ?? "") !== "" || store.getState().selected.size === 0) return;
      event.preventDefault();
      void commands.actions.copy().then((text) => (text ? navigator.clipboard.writeText(text) : undefined)).catch(() => undefined);
    };
    const paste = (event: ClipboardEvent): void => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (isTyping(event) || !text.trim() || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      void commands.actions.paste(text);
    };
    // Before the canvas sees them: it would take Tab and the arrows for itself.
    document.addEventListener("keydown", press, true);
    document.addEventListener("copy", copy);
    document.addEventListener("paste", paste);
    return () => {
      document.removeEventListener("keydown", press, true);
      document.removeEventListener("copy", copy);
      document.removeEventListener("paste", paste);
    };
  }, [commands, store]);
}

/** Whether the event comes out of something that takes text, also inside a shadow root. */
function isTyping(event: Event): boolean {
  const [target] = event.composedPath();
  return target instanceof HTMLElement && (target.isContentEditable || target.closest("input, textarea, select, [role=textbox]") !== null);
}

function withModifier(event: KeyboardEvent, store: EditorStore, { actions, publish, run }: Commands): boolean {
  const key = event.key.toLowerCase();
  if (key === "s") publish();
  else if (key === "enter") run();
  else if (isTyping(event)) return false;
  else if (key === "z" && event.shiftKey) actions.redo();
  else if (key === "z") actions.undo();
  else if (key === "y") actions.redo();
  else if (key === "d") actions.duplicate();
  else if (key === "a") store.getState().select(Object.keys(graphAt(store.getState().flow, store.getState().place)?.nodes ?? {}));
  else return false;
  return true;
}

function plain(event: KeyboardEvent, store: EditorStore, { actions, add, runHere, shortcuts }: Commands): boolean {
  const state = store.getState();
  const node = selectedNode(state);
  const onNode = event.target instanceof HTMLElement && event.target.closest(".react-flow__node, [data-line]") !== null;
  const onControl = event.target instanceof HTMLElement && !onNode && event.target.closest("button, a, summary, [role=tab]") !== null;
  const walk = WALKS[event.key as keyof typeof WALKS];
  if (event.altKey && walk) return walked(store, actions, walk);
  if (event.altKey) return false;
  if (event.key === "/" || (event.key === "Tab" && !event.shiftKey && onNode && node && event.target instanceof HTMLElement && !event.target.hasAttribute("data-line"))) add({ after: node });
  else if (event.key === "?") shortcuts();
  else if (event.key === "Enter" && event.shiftKey && node) runHere(node);
  else if (onControl) return false;
  else if (event.key === "Delete" || event.key === "Backspace") actions.remove();
  else if (event.key === "Escape" && state.selected.size > 0) state.select([]);
  else if (event.key === "Escape" && state.place.length > 0) state.enter(state.place.slice(0, -1), state.place.slice(-1));
  else if (event.key === "l" || event.key === "L") void actions.tidy();
  else if (event.key === "f" || event.key === "F") state.canvas?.fit();
  else if (/^[1-9]$/.test(event.key)) jump(store, actions, Number(event.key));
  else return false;
  return true;
}

function walked(store: EditorStore, actions: Actions, walk: (typeof WALKS)[keyof typeof WALKS]): boolean {
  const { flow, place } = store.getState();
  const graph = graphAt(flow, place);
  const from = selectedNode(store.getState());
  if (!graph) return false;
  const to = from ? neighbour(graph, from, walk) : ([...everyNode(graph)][0]?.id ?? null);
  if (to) actions.focus(to, place);
  return true;
}

function jump(store: EditorStore, actions: Actions, number: number): void {
  const problem = store.getState().problems[number - 1];
  if (problem) goTo(problem, store.getState().flow, actions);
}
