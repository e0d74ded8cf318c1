"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import { AgentForm } from "@/features/agents/AgentForm";
import styles from "@/features/agents/Agents.module.css";
import { AgentSnippets } from "@/features/agents/AgentSnippets";
import { changed, draftOf, type Draft } from "@/features/agents/draft";
import { TryPanel } from "@/features/agents/TryPanel";
import { useT } from "@/i18n";
import { Link, useNav, useParams } from "@/nav";
import { Button, ButtonLink } from "@/ui/Button";
import { Page, Problem } from "@/ui/Page";
import { Removal } from "@/ui/Removal";
import { Badge } from "@/ui/Status";
import { Tabs } from "@/ui/Tabs";
import { useToasts } from "@/ui/Toasts";

/** One agent: what it is made of, and talking to it beside that. */
export function AgentPage({ id }: { id: string }): ReactNode {
  const t = useT();
  const agent = useQuery({
    queryKey: keys.one("agents", id),
    queryFn: () => data(api.GET("/api/agents/{agent_id}", { params: { path: { agent_id: id } } })),
  });
  if (agent.data) return <Editor key={agent.data.id} agent={agent.data} />;
  return (
    <Page title={t("nav.agents")} busy={agent.isPending}>
      {agent.error && <Problem error={agent.error} onRetry={() => void agent.refetch()} />}
    </Page>
  );
}

function Editor({ agent }: { agent: Schema<"AgentView"> }): ReactNode {
  const t = useT();
  const nav = useNav();
  const say = useToasts();
  const queries = useQueryClient();
  const { get, set } = useParams();
  const [draft, setDraft] = useState<Draft>(() => draftOf(agent));
  const [leaving, setLeaving] = useState(false);
  const params = { params: { path: { agent_id: agent.id } } };
  const dirty = changed(agent, draft);
  const save = useMutation({
    mutationFn: () => data(api.PATCH("/api/agents/{agent_id}", { ...params, body: draft as never })),
    onSuccess: (saved) => {
      queries.setQueryData(keys.one("agents", agent.id), saved);
      void queries.invalidateQueries({ queryKey: keys.list("agents") });
    },
    onError: (error) => say.failed(messageOf(error)),
  });
  useEffect(() => {
    if (!dirty) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    globalThis.addEventListener("beforeunload", warn);
    return () => globalThis.removeEventListener("beforeunload", warn);
  }, [dirty]);
  const view = get("view") ?? "settings";
  return (
    <Page
      title={agent.name}
      actions={
        <>
          <ButtonLink icon="chat" to={`/chat?agent=${agent.id}`}>
            {t("nav.chat")}
          </ButtonLink>
          <Button icon="trash" kind="danger" onClick={() => setLeaving(true)}>
            {t("action.delete")}
          </Button>
          <Button kind="primary" busy={save.isPending} disabled={!dirty} onClick={() => save.mutate()}>
            {dirty ? t("action.save") : t("action.saved")}
          </Button>
        </>
      }
    >
      <p className={styles.facts}>
        <Link to="/agents">{t("agents.all")}</Link>
        <code>{agent.slug}</code>
        {dirty && <Badge tone="warn">{t("agents.unsaved")}</Badge>}
      </p>
      {agent.warnings.map((warning) => (
        <p key={warning.code} className={styles.warning} role="note">
          <Badge tone="warn" icon="alert">
            {warning.code}
          </Badge>
          {warning.message}
        </p>
      ))}
      <Tabs
        label={agent.name}
        active={view}
        onChange={(next) => set({ view: next })}
        tabs={[
          { id: "settings", label: t("nav.settings") },
          { id: "api", label: t("agents.api") },
        ]}
      >
        {view === "api" ? (
          <AgentSnippets agent={agent} />
        ) : (
          <div className={styles.two}>
            <AgentForm agentId={agent.id} draft={draft} onChange={setDraft} />
            <TryPanel agent={agent} dirty={dirty} onSave={() => save.mutateAsync()} />
          </div>
        )}
      </Tabs>
      {leaving && (
        <Removal
          name={agent.name}
          text={t("agents.deleteText")}
          from="agents"
          remove={() => data(api.DELETE("/api/agents/{agent_id}", params))}
          onDone={() => nav("/agents")}
          onClose={() => setLeaving(false)}
        />
      )}
    </Page>
  );
}
