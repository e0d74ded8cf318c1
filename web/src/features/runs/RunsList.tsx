"use client";
import type { ReactNode } from "react";
import { api, data, type Schema } from "@/api/client";
import { keys, usePages } from "@/api/queries";
import styles from "@/features/runs/Runs.module.css";
import { useT } from "@/i18n";
import type { Key } from "@/i18n/en";
import { href, Link, useParams } from "@/nav";
import { Field, Select } from "@/ui/Field";
import { Listing } from "@/ui/Listing";
import { Empty, Page } from "@/ui/Page";
import { RunStatus } from "@/ui/Status";
import type { Column } from "@/ui/Table";
import { useTimes } from "@/ui/time";

type Run = Schema<"RunView">;

const STATUSES = ["PENDING", "RUNNING", "PAUSED", "WAITING_HUMAN", "COMPLETED", "FAILED", "CANCELLED"] as const;
const KINDS = ["chat", "workflow", "indexing"] as const;
const OFTEN_MS = 5_000;

/** The workspace's runs, the newest first. */
export function RunsList(): ReactNode {
  const t = useT();
  const { get, set } = useParams();
  const times = useTimes();
  const status = STATUSES.find((each) => each === get("status"));
  const kind = get("kind") ?? undefined;
  const runs = usePages<Run>(
    [...keys.list("runs"), status ?? null, kind ?? null],
    (cursor) => data(api.GET("/api/runs", { params: { query: { limit: 50, cursor, kind, status } } })),
    { refetchInterval: OFTEN_MS },
  );
  const columns: Column<Run>[] = [
    { key: "what", title: t("runs.what"), cell: (run) => <Link to={href("/runs", { id: run.id })}>{titleOf(run)}</Link> },
    { key: "kind", title: t("runs.kind"), cell: (run) => run.kind, wide: true },
    { key: "status", title: t("runs.status"), cell: (run) => <RunStatus status={run.status} /> },
    { key: "when", title: t("runs.started"), cell: (run) => times.ago(run.created_at), wide: true },
    {
      key: "took",
      title: t("runs.took"),
      cell: (run) => times.duration(Date.parse(run.updated_at) - Date.parse(run.created_at)),
      wide: true,
      end: true,
    },
    { key: "tokens", title: t("runs.usage"), cell: usageOf, wide: true, end: true },
  ];
  return (
    <Page title={t("nav.runs")} busy={runs.loading}>
      <div className={styles.filters}>
        <Field label={t("runs.status")}>
          <Select value={status ?? ""} onChange={(event) => set({ status: event.target.value })}>
            <option value="">{t("runs.any")}</option>
            {STATUSES.map((each) => (
              <option key={each} value={each}>
                {t(`status.${each}` as Key)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={t("runs.kind")}>
          <Select value={kind ?? ""} onChange={(event) => set({ kind: event.target.value })}>
            <option value="">{t("runs.any")}</option>
            {KINDS.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </Select>
        </Field>
      </div>
      <Listing
        label={t("nav.runs")}
        columns={columns}
        pages={runs}
        empty={
          <Empty icon="run" title={t("runs.none")}>
            {t("runs.noneText")}
          </Empty>
        }
      />
    </Page>
  );
}

const TITLE = 80;

/** What a run is called: what was asked, or what it was started with. */
export function titleOf(run: Run): string {
  const { message } = run.inputs;
  const text = typeof message === "string" ? message : Object.values(run.inputs).filter((each) => typeof each !== "object").join(" · ");
  const short = text.length > TITLE ? `${text.slice(0, TITLE)}…` : text;
  return short || `${run.kind} ${run.id.slice(-6)}`;
}

/** Tokens in and out, and dollars where prices are known. */
export function usageOf(run: Run): string {
  const { cost, usage } = run;
  const tokens = usage ? `${String(usage.input ?? 0)} → ${String(usage.output ?? 0)} ${String(usage.unit ?? "")}` : "";
  return cost === null || cost === undefined ? tokens : `${tokens} · $${cost.toPrecision(3)}`;
}
