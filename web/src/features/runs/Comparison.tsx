"use client";
import { type ReactNode, useMemo } from "react";
import type { Schema } from "@/api/client";
import { changes } from "@/features/runs/model/difference";
import { statesOf } from "@/features/runs/model/journal";
import { titleOf } from "@/features/runs/RunsList";
import { Changes } from "@/features/runs/Scrubber";
import { useJournal, useRun } from "@/features/runs/useRun";
import { useT } from "@/i18n";
import { href, Link } from "@/nav";
import { Problem, Section } from "@/ui/Page";

interface Props {
  run: Schema<"RunView"> | undefined;
  other: string;
}

/** Where the last states of two runs differ. */
export function Comparison({ run, other }: Props): ReactNode {
  const t = useT();
  const second = useRun(other);
  const left = useJournal(run?.id ?? "", run?.seq);
  const right = useJournal(other, second.data?.seq);
  const changed = useMemo(
    () => changes(statesOf(left.data ?? []).at(-1), statesOf(right.data ?? []).at(-1)),
    [left.data, right.data],
  );
  return (
    <Section title={t("runs.comparison")}>
      {second.error && <Problem error={second.error} />}
      {second.data && (
        <p>
          {t("runs.against")} <Link to={href("/runs", { id: other })}>{titleOf(second.data)}</Link>
        </p>
      )}
      {left.data && right.data && <Changes changed={changed} />}
    </Section>
  );
}
