"use client";
import type { ReactNode } from "react";
import styles from "@/features/workflows/Dock.module.css";
import { placeOf } from "@/features/workflows/model/flow";
import { idOf } from "@/features/workflows/model/live";
import type { Problem } from "@/features/workflows/model/problems";
import { useEditor, useEditorStore } from "@/features/workflows/store";
import type { Actions } from "@/features/workflows/useActions";
import { useT } from "@/i18n";
import { Icon } from "@/ui/Icon";

/** What is wrong with the flow, in the server's words; each leads to its node. */
export function ProblemsList({ actions }: { actions: Actions }): ReactNode {
  const t = useT();
  const store = useEditorStore();
  const problems = useEditor((state) => state.problems);
  if (problems.length === 0) return <p className="muted">{t("workflows.noProblems")}</p>;
  return (
    <ol className={styles.problems}>
      {problems.map((problem, at) => (
        <li key={`${problem.field}.${at}`}>
          <button type="button" onClick={() => goTo(problem, store.getState().flow, actions)} data-severity={problem.severity}>
            <Icon name="alert" size={14} />
            <span className="visually-hidden">{t(problem.severity === "error" ? "workflows.error" : "workflows.warning")}</span>
            <span>
              <span className="mono">{problem.field || t("workflows.flow")}</span> {problem.message}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}

/** Shows the node that a problem is about. */
export function goTo(problem: Problem, flow: Parameters<typeof placeOf>[0], actions: Actions): void {
  const id = idOf(problem.node);
  const place = placeOf(flow, id);
  if (place) actions.focus(id, place);
}
