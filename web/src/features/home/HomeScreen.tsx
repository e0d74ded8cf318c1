"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, data } from "@/api/client";
import { keys, useMe } from "@/api/queries";
import styles from "@/features/home/HomeScreen.module.css";
import { Needs } from "@/features/home/Needs";
import { useT } from "@/i18n";
import { href, Link } from "@/nav";
import { ButtonLink } from "@/ui/Button";
import { Icon } from "@/ui/Icon";
import { Page, Problem, Section } from "@/ui/Page";
import { RunStatus } from "@/ui/Status";
import { useTimes } from "@/ui/time";

const FEW = { params: { query: { limit: 8 } } };
const OFTEN_MS = 10_000;

/** What needs somebody, what there is to work with, and what happened last. */
export function HomeScreen(): ReactNode {
  const t = useT();
  const me = useMe();
  const agents = useQuery({ queryKey: [...keys.list("agents"), "home"], queryFn: () => data(api.GET("/api/agents", FEW)) });
  const flows = useQuery({ queryKey: [...keys.list("workflows"), "home"], queryFn: () => data(api.GET("/api/workflows", FEW)) });
  const runs = useQuery({
    queryKey: [...keys.list("runs"), "home"],
    queryFn: () => data(api.GET("/api/runs", FEW)),
    refetchInterval: OFTEN_MS,
  });
  const error = me.error ?? agents.error ?? flows.error ?? runs.error;
  return (
    <Page
      title={t("nav.home")}
      busy={agents.isPending || flows.isPending || runs.isPending}
      actions={
        <ButtonLink to="/chat" kind="primary" icon="chat">
          {t("home.ask")}
        </ButtonLink>
      }
    >
      {error && <Problem error={error} />}
      <Needs runs={runs.data?.items ?? []} />
      <div className={styles.columns}>
        <Section title={t("nav.agents")} actions={<Link to="/agents">{t("home.all")}</Link>}>
          <Names items={agents.data?.items} path="/agents" icon="agent" none={t("home.noAgents")} />
        </Section>
        <Section title={t("nav.workflows")} actions={<Link to="/workflows">{t("home.all")}</Link>}>
          <Names items={flows.data?.items} path="/workflows" icon="flow" none={t("home.noFlows")} />
        </Section>
      </div>
      <Section title={t("home.lately")} actions={<Link to="/runs">{t("home.all")}</Link>}>
        <LastRuns runs={runs.data?.items} />
      </Section>
    </Page>
  );
}

interface Named {
  id: string;
  name: string;
}

function Names({ items, path, icon, none }: { items?: Named[]; path: string; icon: "agent" | "flow"; none: string }): ReactNode {
  if (items?.length === 0) return <p className="muted">{none}</p>;
  return (
    <ul className={styles.list}>
      {items?.map((item) => (
        <li key={item.id}>
          <Link to={href(path, { id: item.id })} className={styles.row}>
            <Icon name={icon} />
            <span className={styles.name}>{item.name}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

interface RunRow {
  id: string;
  kind: string;
  status: string;
  updated_at: string;
}

function LastRuns({ runs }: { runs?: RunRow[] }): ReactNode {
  const t = useT();
  const { ago } = useTimes();
  if (runs?.length === 0) return <p className="muted">{t("home.noRuns")}</p>;
  return (
    <ul className={styles.list}>
      {runs?.map((run) => (
        <li key={run.id}>
          <Link to={href("/runs", { id: run.id })} className={styles.row}>
            <RunStatus status={run.status} />
            <span className={styles.name}>{run.kind}</span>
            <span className="muted">{ago(run.updated_at)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
