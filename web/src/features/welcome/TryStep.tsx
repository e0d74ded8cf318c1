"use client";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, data } from "@/api/client";
import { messageOf } from "@/api/errors";
import { useAgents } from "@/api/queries";
import { SAMPLE_FLOW } from "@/features/welcome/sample";
import styles from "@/features/welcome/WelcomeScreen.module.css";
import { useT } from "@/i18n";
import { href, useNav } from "@/nav";
import { Button } from "@/ui/Button";
import { useToasts } from "@/ui/Toasts";

/** A cited answer and an approval, with nothing but what is installed. */
export function TryStep(): ReactNode {
  const t = useT();
  const nav = useNav();
  const say = useToasts();
  const question = t("welcome.try.question");
  const agents = useAgents();
  const guide = agents.data?.items.find((agent) => agent.slug === "liteagent-guide") ?? agents.data?.items[0];
  const approval = useMutation({
    mutationFn: runSample,
    onSuccess: () => nav("/inbox"),
    onError: (error) => say.failed(messageOf(error)),
  });
  return (
    <div className={styles.step}>
      <h2>{t("welcome.try.title")}</h2>
      <p>{t("welcome.try.text")}</p>
      <div className={styles.choices}>
        <Button
          kind="primary"
          icon="chat"
          disabled={!guide}
          onClick={() => nav(href("/chat", { agent: guide?.id, ask: question }))}
        >
          {t("welcome.try.ask", { question })}
        </Button>
        <Button icon="user" busy={approval.isPending} onClick={() => approval.mutate()}>
          {t("welcome.try.approval")}
        </Button>
      </div>
      <p className="muted">{t("welcome.try.approvalText")}</p>
    </div>
  );
}

/** Starts the sample flow, made first where it is not there yet. */
async function runSample(): Promise<void> {
  const flows = await data(api.GET("/api/workflows", { params: { query: { limit: 100 } } }));
  const found = flows.items.find((flow) => flow.slug === SAMPLE_FLOW.id);
  const flow = found ?? (await data(api.POST("/api/workflows", { body: SAMPLE_FLOW as never })));
  const path = { workflow_id: flow.id };
  await data(api.POST("/api/workflows/{workflow_id}/runs", { params: { path }, body: { inputs: SAMPLE_INPUTS } as never }));
}

const SAMPLE_INPUTS = { order: "A-1001", amount: 120 };
