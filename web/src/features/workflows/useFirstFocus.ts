"use client";
import { useEffect } from "react";

/** Gives the focus of the dialog that has just opened to the control marked `data-first`. */
export function useFirstFocus(): void {
  // The dialog opens in an effect of its own, after this one, and takes the focus to its first button then.
  useEffect(() => queueMicrotask(() => document.querySelector<HTMLElement>("dialog[open] [data-first]")?.focus()), []);
}
