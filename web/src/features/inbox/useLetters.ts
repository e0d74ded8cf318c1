"use client";
import { useEffect } from "react";

/** Tells which keys are pressed, while nobody types and no dialog is open. */
export function useLetters(press: (key: string) => void): void {
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, dialog");
      if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) press(event.key);
    };
    globalThis.addEventListener("keydown", hear);
    return () => globalThis.removeEventListener("keydown", hear);
  }, [press]);
}
