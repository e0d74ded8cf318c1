"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useMeta } from "@/api/queries";
import { useT } from "@/i18n";
import { Problem, Section } from "@/ui/Page";
import { Badge } from "@/ui/Status";
import { Table } from "@/ui/Table";

interface Told {
  status: string;
  checks: Record<string, string>;
}

const OFTEN_MS = 10_000;

/** Every part that the server relies on, and whether it answers. What runs in the server itself is there too. */
export function Health(): ReactNode {
  const t = useT();
  const meta = useMeta();
  const health = useQuery({
    queryKey: ["health"],
    queryFn: async (): Promise<Told> => (await fetch("/health")).json() as Promise<Told>,
    refetchInterval: OFTEN_MS,
  });
  const checks = Object.entries(health.data?.checks ?? {}).map(([name, answer]) => ({ name, answer }));
  const facts = Object.entries(meta.data?.edition ?? {}).map(([name, answer]) => ({ name, answer }));
  return (
    <>
      <Section title={t("settings.health")}>
        {health.error && <Problem error={health.error} onRetry={() => void health.refetch()} />}
        <Table
          label={t("settings.health")}
          rows={checks}
          rowKey={(row) => row.name}
          columns={[
            { key: "name", title: t("settings.part"), cell: (row) => row.name },
            {
              key: "answer",
              title: t("settings.answer"),
              cell: (row) => (
                <Badge tone={row.answer === "ok" ? "ok" : "err"} icon={row.answer === "ok" ? "check" : "alert"}>
                  {row.answer}
                </Badge>
              ),
            },
          ]}
        />
      </Section>
      <Section title={t("settings.edition")}>
        <Table
          label={t("settings.edition")}
          rows={facts}
          rowKey={(row) => row.name}
          columns={[
            { key: "name", title: t("settings.part"), cell: (row) => row.name },
            { key: "answer", title: t("settings.value"), cell: (row) => row.answer },
          ]}
        />
      </Section>
    </>
  );
}
