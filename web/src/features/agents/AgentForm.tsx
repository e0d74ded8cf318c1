"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, data } from "@/api/client";
import { keys, useAgents } from "@/api/queries";
import styles from "@/features/agents/Agents.module.css";
import type { Draft } from "@/features/agents/draft";
import { LimitFields } from "@/features/agents/LimitFields";
import { ToolsField } from "@/features/agents/ToolsField";
import { useT } from "@/i18n";
import { Check, Field, Fields, Input, Select, TextArea } from "@/ui/Field";
import { Section } from "@/ui/Page";

interface Props {
  agentId: string;
  draft: Draft;
  onChange: (draft: Draft) => void;
}

const MANY = { params: { query: { limit: 100 } } };

/** Everything that an agent is made of. */
export function AgentForm({ agentId, draft, onChange }: Props): ReactNode {
  const t = useT();
  const change = (part: Partial<Draft>): void => onChange({ ...draft, ...part });
  const providers = useQuery({ queryKey: [...keys.list("providers"), "choice"], queryFn: () => data(api.GET("/api/providers", MANY)) });
  const sources = useQuery({ queryKey: [...keys.list("datasources"), "choice"], queryFn: () => data(api.GET("/api/datasources", MANY)) });
  const agents = useAgents();
  const others = (agents.data?.items ?? []).filter((each) => each.id !== agentId);
  return (
    <div className={styles.form}>
      <Section title={t("agents.who")}>
        <Fields>
          <Field label={t("agents.name")}>
            <Input value={draft.name} onChange={(event) => change({ name: event.target.value })} />
          </Field>
          <Field label={t("agents.description")} hint={t("agents.descriptionHint")}>
            <Input value={draft.description} onChange={(event) => change({ description: event.target.value })} />
          </Field>
          <Field label={t("agents.prompt")} hint={t("agents.promptHint")}>
            <TextArea rows={10} value={draft.system_prompt} onChange={(event) => change({ system_prompt: event.target.value })} />
          </Field>
          <Field label={t("agents.model")}>
            <Select value={draft.provider_id ?? ""} onChange={(event) => change({ provider_id: event.target.value || null })}>
              <option value="">{t("agents.defaultModel")}</option>
              {providers.data?.items.map((provider) => (
                <option key={provider.id} value={provider.id}>
                  {provider.name} · {provider.model_name || t("providers.defaultModel")}
                </option>
              ))}
            </Select>
          </Field>
        </Fields>
      </Section>
      <Section title={t("nav.knowledge")}>
        <Choices
          none={t("knowledge.none")}
          items={(sources.data?.items ?? []).map(({ id, name }) => ({ id, name }))}
          chosen={draft.datasource_ids}
          onChange={(datasource_ids) => change({ datasource_ids })}
        />
      </Section>
      <Section title={t("agents.tools")}>
        <ToolsField tools={draft.tools} onChange={(tools) => change({ tools })} />
      </Section>
      <Section title={t("agents.others")}>
        <Choices
          none={t("agents.noOthers")}
          items={others.map(({ id, name }) => ({ id, name }))}
          chosen={draft.agents.map((each) => each.agent_id)}
          onChange={(ids) =>
            change({
              agents: ids.map((id) => draft.agents.find((each) => each.agent_id === id) ?? { agent_id: id, description: "", hand_off: false }),
            })
          }
        />
      </Section>
      <LimitFields draft={draft} onChange={change} />
    </div>
  );
}

interface ChoicesProps {
  none: string;
  items: readonly { id: string; name: string }[];
  chosen: readonly string[];
  onChange: (ids: string[]) => void;
}

function Choices({ none, items, chosen, onChange }: ChoicesProps): ReactNode {
  if (items.length === 0) return <p className="muted">{none}</p>;
  return (
    <div>
      {items.map((item) => (
        <Check
          key={item.id}
          label={item.name}
          checked={chosen.includes(item.id)}
          onChange={(event) => onChange(event.target.checked ? [...chosen, item.id] : chosen.filter((id) => id !== item.id))}
        />
      ))}
    </div>
  );
}
