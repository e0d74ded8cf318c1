"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, data } from "@/api/client";
import { keys } from "@/api/queries";
import { Deliveries } from "@/features/triggers/Deliveries";
import type { Trigger } from "@/features/triggers/model/draft";
import { Moments } from "@/features/triggers/Moments";
import { useTargets } from "@/features/triggers/targets";
import { TriggerActions } from "@/features/triggers/TriggerActions";
import { KIND_ICONS } from "@/features/triggers/TriggerDialog";
import styles from "@/features/triggers/Triggers.module.css";
import { useCronWords } from "@/features/triggers/useCronWords";
import { useT } from "@/i18n";
import { href, Link } from "@/nav";
import { Page, Problem, Section } from "@/ui/Page";
import { Badge } from "@/ui/Status";
import { useTimes } from "@/ui/time";

const OFTEN_MS = 5_000;

/** One trigger: when it comes next or how it is called, and what it did. */
export function TriggerPage({ id }: { id: string }): ReactNode {
  const t = useT();
  const trigger = useQuery({
    queryKey: keys.one("triggers", id),
    queryFn: () => data(api.GET("/api/triggers/{trigger_id}", { params: { path: { trigger_id: id } } })),
    refetchInterval: OFTEN_MS,
  });
  const found = trigger.data;
  return (
    <Page title={found?.name ?? t("nav.triggers")} busy={trigger.isPending} actions={found && <TriggerActions trigger={found} />}>
      <p className={styles.facts}>
        <Link to="/triggers">{t("triggers.all")}</Link>
        {found && <Facts trigger={found} />}
      </p>
      {trigger.error && <Problem error={trigger.error} onRetry={() => void trigger.refetch()} />}
      {found && found.next_moments.length > 0 && (
        <Section title={t("triggers.next")}>
          <Moments moments={found.next_moments} timezone={found.timezone ?? "UTC"} />
        </Section>
      )}
      {found && <Deliveries trigger={found} />}
    </Page>
  );
}

function Facts({ trigger }: { trigger: Trigger }): ReactNode {
  const t = useT();
  const times = useTimes();
  const words = useCronWords();
  return (
    <>
      <Badge icon={KIND_ICONS[trigger.kind]}>{t(`triggers.kind.${trigger.kind}`)}</Badge>
      {!trigger.enabled && (
        <Badge tone="warn" icon="pause">
          {t("triggers.paused")}
        </Badge>
      )}
      {trigger.cron && (
        <span>
          <code>{trigger.cron}</code> {words(trigger.cron)}
        </span>
      )}
      <Target trigger={trigger} />
      {trigger.url && <code>{trigger.url}</code>}
      {trigger.token_hint && <code>/hooks/…{trigger.token_hint}</code>}
      {trigger.kind === "webhook" && <span className="muted">{t(`triggers.signature.${trigger.signature}`)}</span>}
      {trigger.previous_until && <span className="muted">{t("triggers.keptUntil", { when: times.ago(trigger.previous_until) })}</span>}
    </>
  );
}

function Target({ trigger }: { trigger: Trigger }): ReactNode {
  const { workflows, agents } = useTargets();
  const { workflow_id: workflow, agent_id: agent } = trigger.target ?? {};
  const id = workflow ?? agent;
  if (!id) return null;
  const name = [...workflows, ...agents].find((each) => each.id === id)?.name;
  return name && <Link to={href(workflow ? "/workflows" : "/agents", { id })}>{name}</Link>;
}
