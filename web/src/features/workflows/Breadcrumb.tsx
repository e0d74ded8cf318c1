"use client";
import type { ReactNode } from "react";
import styles from "@/features/workflows/Editor.module.css";
import { useEditor } from "@/features/workflows/store";
import { useT } from "@/i18n";

/** Whose body is shown; each part leads back out. */
export function Breadcrumb(): ReactNode {
  const t = useT();
  const place = useEditor((state) => state.place);
  const enter = useEditor((state) => state.enter);
  const name = useEditor((state) => state.flow.name || state.flow.id);
  if (place.length === 0) return null;
  return (
    <nav className={styles.crumbs} aria-label={t("workflows.place")}>
      <button type="button" onClick={() => enter([], place.slice(0, 1))}>
        {name}
      </button>
      {place.map((id, at) => (
        <span key={id}>
          <span aria-hidden="true"> / </span>
          <button type="button" aria-current={at === place.length - 1 ? "true" : undefined} onClick={() => enter(place.slice(0, at + 1), place.slice(at + 1, at + 2))}>
            {id}
          </button>
        </span>
      ))}
    </nav>
  );
}
