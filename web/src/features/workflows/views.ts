"use client";
import { useSyncExternalStore } from "react";

export type View = "canvas" | "split" | "outline" | "yaml" | "python";

/** How a flow can be shown. */
export const VIEWS: readonly View[] = ["canvas", "split", "outline", "yaml", "python"];

/** Screens that are too narrow for a canvas with panels beside it. */
export const NARROW = "(max-width: 820px)";

function listen(listener: () => void): () => void {
  const query = matchMedia(NARROW);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}

/** Whether the screen is too narrow for a canvas with panels beside it. */
export function useNarrow(): boolean {
  return useSyncExternalStore(listen, () => matchMedia(NARROW).matches, () => false);
}

/** The view that an address asks for. */
export function viewOf(asked: string | null, narrow: boolean): View {
  return VIEWS.find((each) => each === asked) ?? (narrow ? "outline" : "canvas");
}
