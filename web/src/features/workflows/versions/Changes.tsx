"use client";
import type { ReactNode } from "react";
import type { Change, Difference } from "@/features/workflows/model/diff";
import { readable } from "@/features/workflows/useActions";
import styles from "@/features/workflows/versions/Versions.module.css";
import { useWord } from "@/features/workflows/kinds";
import { useT } from "@/i18n";

const SIGNS: Readonly<Record<Change, string>> = { added: "+", removed: "−", changed: "~" };

/** What differs, one line each. */
export function Changes({ found }: { found: Difference }): ReactNode {
  const t = useT();
  const word = useWord();
  const lines = [
    ...found.sections.map((name): [Change, string] => ["changed", word(`workflows.${name === "id" ? "slug" : name}`, name)]),
    ...Object.entries(found.nodes).map(([id, change]): [Change, string] => [change, [id, found.fields[id]?.join(", ")].filter(Boolean).join(": ")]),
    ...Object.entries(found.edges).map(([key, change]): [Change, string] => [change, readable(key)]),
  ];
  if (lines.length === 0) return <p className="muted">{t("workflows.noDifference")}</p>;
  return (
    <ul className={styles.changes}>
      {lines.map(([change, text]) => (
        <li key={change + text} data-change={change}>
          <span aria-hidden="true">{SIGNS[change]}</span>
          <span className="visually-hidden">{t(`workflows.change.${change}`)}</span> {text}
        </li>
      ))}
    </ul>
  );
}
