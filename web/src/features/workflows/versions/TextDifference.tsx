"use client";
import type { ReactNode } from "react";
import type { Flow } from "@/features/workflows/model/flow";
import { toYaml } from "@/features/workflows/model/yaml";
import styles from "@/features/workflows/versions/Versions.module.css";
import { useT } from "@/i18n";
import { CodeDifference } from "@/ui/CodeEditor";

/** Two flows as texts, side by side. */
export default function TextDifference({ before, after }: { before: Flow; after: Flow }): ReactNode {
  const t = useT();
  return (
    <div className={styles.drawing}>
      <CodeDifference label={t("workflows.difference")} language="yaml" before={toYaml(before)} after={toYaml(after)} />
    </div>
  );
}
