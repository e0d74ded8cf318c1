"use client";
import { lazy, type ReactNode } from "react";
import styles from "@/features/workflows/Dock.module.css";
import { LazyPart } from "@/features/workflows/LazyPart";
import { errorsIn } from "@/features/workflows/model/problems";
import { ProblemsList } from "@/features/workflows/ProblemsList";
import { useEditor } from "@/features/workflows/store";
import type { Actions } from "@/features/workflows/useActions";
import type { Running } from "@/features/workflows/useRunning";
import { useT } from "@/i18n";
import { Button, IconButton } from "@/ui/Button";
import { RunStatus } from "@/ui/Status";

const RunPanel = lazy(() => import("@/features/workflows/RunPanel"));

export type DockTab = "problems" | "run";

interface Props {
  open: DockTab | null;
  onOpen: (tab: DockTab | null) => void;
  actions: Actions;
  running: Running;
}

/** Below the canvas: what is wrong, and the run. */
export function Dock({ open, onOpen, actions, running }: Props): ReactNode {
  const t = useT();
  const problems = useEditor((state) => state.problems);
  const status = useEditor((state) => state.run?.status);
  const errors = errorsIn(problems);
  const warnings = problems.length - errors;
  const flip = (tab: DockTab): void => onOpen(open === tab ? null : tab);
  return (
    <section className={styles.dock} aria-label={t("workflows.dock")}>
      <div className={styles.bar}>
        <Button small kind="quiet" icon="alert" aria-expanded={open === "problems"} className={errors > 0 ? styles.bad : undefined} onClick={() => flip("problems")}>
          {errors + warnings === 0 ? t("workflows.noProblems") : t("workflows.problems", { errors, warnings })}
        </Button>
        <Button small kind="quiet" icon="run" aria-expanded={open === "run"} onClick={() => flip("run")}>
          {t("workflows.run")}
          {status && <RunStatus status={status} />}
        </Button>
        {open && <IconButton small icon="close" label={t("action.close")} onClick={() => onOpen(null)} />}
      </div>
      {open && (
        <div className={styles.inside} tabIndex={-1}>
          <LazyPart>{open === "problems" ? <ProblemsList actions={actions} /> : <RunPanel running={running} />}</LazyPart>
        </div>
      )}
    </section>
  );
}
