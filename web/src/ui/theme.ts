"use client";
import { useCallback, useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const KEY = "liteagent.theme";
const listeners = new Set<() => void>();

function read(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

function dark(theme: Theme): boolean {
  return theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
}

/** Puts the chosen theme on the document, and follows the system where that is chosen. */
export function applyTheme(): () => void {
  const apply = (): void => {
    document.documentElement.dataset.theme = dark(read()) ? "dark" : "light";
    for (const listener of listeners) listener();
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", apply);
  apply();
  return () => system.removeEventListener("change", apply);
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The chosen theme, whether it is dark right now, and how to choose another. */
export function useTheme(): { theme: Theme; isDark: boolean; choose: (theme: Theme) => void } {
  const theme = useSyncExternalStore(listen, read, () => "system" as Theme);
  const isDark = useSyncExternalStore(
    listen,
    () => document.documentElement.dataset.theme === "dark",
    () => false,
  );
  const choose = useCallback((wanted: Theme) => {
    if (wanted === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, wanted);
    document.documentElement.dataset.theme = dark(wanted) ? "dark" : "light";
    for (const listener of listeners) listener();
  }, []);
  return { theme, isDark, choose };
}
