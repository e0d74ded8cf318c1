"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys, usePages } from "@/api/queries";
import { useT } from "@/i18n";
import { href, Link, useNav, useParams } from "@/nav";
import { Button, ButtonLink } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Fields, Input, TextArea } from "@/ui/Field";
import { Listing } from "@/ui/Listing";
import { Empty, Page } from "@/ui/Page";
import type { Column } from "@/ui/Table";
import { useTimes } from "@/ui/time";

type Agent = Schema<"AgentView">;

/** The workspace's agents. */
export function AgentsList(): ReactNode {
  const t = useT();
  const times = useTimes();
  const { get, set } = useParams();
  const agents = usePages<Agent>(keys.list("agents"), (cursor) =>
    data(api.GET("/api/agents", { params: { query: { limit: 50, cursor } } })),
  );
  const add = (
    <Button kind="primary" icon="plus" onClick={() => set({ new: 1 })}>
      {t("agents.add")}
    </Button>
  );
  const columns: Column<Agent>[] = [
    { key: "name", title: t("agents.name"), cell: (agent) => <Link to={href("/agents", { id: agent.id })}>{agent.name}</Link> },
    { key: "what", title: t("agents.description"), cell: (agent) => agent.description, wide: true },
    { key: "tools", title: t("agents.tools"), cell: (agent) => agent.tools.length, wide: true, end: true },
    { key: "when", title: t("agents.changed"), cell: (agent) => times.ago(agent.updated_at), wide: true },
    {
      key: "chat",
      title: t("nav.chat"),
      cell: (agent) => (
        <ButtonLink small icon="chat" to={href("/chat", { agent: agent.id })}>
          {t("nav.chat")}
        </ButtonLink>
      ),
      end: true,
    },
  ];
  return (
    <Page title={t("nav.agents")} busy={agents.loading} actions={add}>
      <Listing
        label={t("nav.agents")}
        columns={columns}
        pages={agents}
        empty={
          <Empty icon="agent" title={t("agents.none")} action={add}>
            {t("agents.noneText")}
          </Empty>
        }
      />
      {get("new") && <AddAgent onClose={() => set({ new: null })} />}
    </Page>
  );
}

function AddAgent({ onClose }: { onClose: () => void }): ReactNode {
  const t = useT();
  const nav = useNav();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [purpose, setPurpose] = useState("");
  const make = useMutation({
    mutationFn: () => data(api.POST("/api/agents", { body: { name, system_prompt: purpose } as never })),
    onSuccess: (agent) => {
      void queries.invalidateQueries({ queryKey: keys.list("agents") });
      nav(href("/agents", { id: agent.id }));
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <Dialog title={t("agents.add")} onClose={onClose}>
      <form onSubmit={submit}>
        <Fields>
          <Field label={t("agents.name")} error={make.error ? messageOf(make.error) : null}>
            <Input required value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={t("agents.purpose")} hint={t("agents.purposeHint")}>
            <TextArea value={purpose} onChange={(event) => setPurpose(event.target.value)} />
          </Field>
          <Button type="submit" kind="primary" busy={make.isPending} disabled={!name.trim()}>
            {t("action.create")}
          </Button>
        </Fields>
      </form>
    </Dialog>
  );
}
