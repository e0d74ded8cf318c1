"use client";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, data } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys, usePages } from "@/api/queries";
import type { Delivery, Trigger } from "@/features/triggers/model/draft";
import styles from "@/features/triggers/Triggers.module.css";
import { useStale } from "@/features/triggers/triggersApi";
import { useT } from "@/i18n";
import type { Key } from "@/i18n/en";
import { href, Link } from "@/nav";
import { IconButton } from "@/ui/Button";
import type { IconName } from "@/ui/Icon";
import { Listing } from "@/ui/Listing";
import { Empty, Section } from "@/ui/Page";
import { Badge, RunStatus, type Tone } from "@/ui/Status";
import type { Column } from "@/ui/Table";
import { useTimes } from "@/ui/time";
import { useToasts } from "@/ui/Toasts";

const OFTEN_MS = 3_000;
const MOST_SHOWN = 200;
const LOOKS: Readonly<Record<Delivery["status"], [Tone, IconName]>> = {
  waiting: ["wait", "clock"],
  delivered: ["ok", "check"],
  skipped: ["quiet", "arrow"],
  failed: ["err", "alert"],
};

/** What became of one delivery: where its run stands, or whether the receiver has it. */
export function Result({ delivery }: { delivery: Delivery }): ReactNode {
  const t = useT();
  const [tone, icon] = LOOKS[delivery.status];
  const isStart = ["schedule", "webhook", "test"].includes(delivery.event);
  if (isStart && delivery.run_status && delivery.run_id) {
    return (
      <Link to={href("/runs", { id: delivery.run_id })}>
        <RunStatus status={delivery.run_status} />
      </Link>
    );
  }
  return (
    <span className={styles.result}>
      <Badge tone={tone} icon={icon}>
        {t(`triggers.status.${delivery.status}`)}
      </Badge>
      {delivery.response_status !== null && <code>{delivery.response_status}</code>}
    </span>
  );
}

/** The log of a trigger, newest first, and how to have something done again. */
export function Deliveries({ trigger }: { trigger: Trigger }): ReactNode {
  const t = useT();
  const times = useTimes();
  const found = usePages<Delivery>(
    keys.one("triggers", `${trigger.id}/deliveries`),
    (cursor) =>
      data(api.GET("/api/triggers/{trigger_id}/deliveries", { params: { path: { trigger_id: trigger.id }, query: { limit: 50, cursor } } })),
    { refetchInterval: OFTEN_MS },
  );
  const columns: Column<Delivery>[] = [
    { key: "when", title: t("triggers.when"), cell: (each) => <time dateTime={each.created_at}>{times.exact(each.created_at)}</time> },
    { key: "event", title: t("triggers.what"), cell: (each) => t(`triggers.event.${each.event}` as Key), wide: true },
    { key: "result", title: t("triggers.result"), cell: (each) => <Outcome delivery={each} /> },
    { key: "attempts", title: t("triggers.attempts"), cell: (each) => each.attempts, wide: true, end: true },
    { key: "act", title: t("nav.more"), cell: (each) => <Again trigger={trigger} delivery={each} />, end: true },
  ];
  return (
    <Section title={t("triggers.log")}>
      <Listing
        label={t("triggers.log")}
        columns={columns}
        pages={found}
        empty={
          <Empty icon="clock" title={t("triggers.noLog")}>
            {t("triggers.noLogText")}
          </Empty>
        }
      />
    </Section>
  );
}

function Outcome({ delivery }: { delivery: Delivery }): ReactNode {
  const t = useT();
  const times = useTimes();
  const message = delivery.error?.message;
  const next = delivery.attempts > 0 ? delivery.next_attempt_at : null;
  return (
    <div className={styles.outcome}>
      <Result delivery={delivery} />
      {typeof message === "string" && <span className={delivery.status === "skipped" ? "muted" : styles.cause}>{message}</span>}
      {delivery.response_text && <span className={styles.said}>{shortened(delivery.response_text)}</span>}
      {next && <span className="muted">{t("triggers.nextAttempt", { when: times.ago(next) })}</span>}
    </div>
  );
}

function shortened(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

function Again({ trigger, delivery }: { trigger: Trigger; delivery: Delivery }): ReactNode {
  const t = useT();
  const say = useToasts();
  const stale = useStale();
  const again = useMutation({
    mutationFn: () =>
      data(
        api.POST("/api/triggers/{trigger_id}/deliveries/{delivery_id}/redeliver", {
          params: { path: { trigger_id: trigger.id, delivery_id: delivery.id } },
        }),
      ),
    onSuccess: () => say.done(t("triggers.again.done")),
    onError: (error) => say.failed(messageOf(error)),
    onSettled: stale,
  });
  if (trigger.kind !== "outgoing" && delivery.status === "delivered") return null;
  return <IconButton small icon="retry" label={t("triggers.again")} busy={again.isPending} onClick={() => again.mutate()} />;
}
