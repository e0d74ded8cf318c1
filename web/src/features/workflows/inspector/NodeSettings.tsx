"use client";
import { type ReactNode, useState } from "react";
import { NodeFields } from "@/features/workflows/fields/NodeFields";
import styles from "@/features/workflows/inspector/Inspector.module.css";
import { Ways } from "@/features/workflows/inspector/Ways";
import { useKinds } from "@/features/workflows/kinds";
import { configured, isFreeName, renamed } from "@/features/workflows/model/edit";
import { graphAt } from "@/features/workflows/model/flow";
import { byField, byNode } from "@/features/workflows/model/problems";
import { useEditor, useEditorStore } from "@/features/workflows/store";
import type { Actions } from "@/features/workflows/useActions";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { Field, Fields, Input } from "@/ui/Field";
import { type JsonSchema, SchemaFields } from "@/ui/SchemaForm";

const ON_FAILURE: JsonSchema = {
  type: "object",
  properties: {
    retry: { type: "object", title: "Retry", description: "attempts, delay, factor, max_delay, in seconds." },
    timeout: { type: "number", title: "Timeout", description: "Seconds for one try." },
    default: { title: "Default", description: "The output when it has failed for good." },
  },
};

/** A node's id, its configuration, its ways out, and what happens when it fails. */
export function NodeSettings({ id, actions }: { id: string; actions: Actions }): ReactNode {
  const t = useT();
  const kinds = useKinds();
  const store = useEditorStore();
  const place = useEditor((state) => state.place);
  const node = useEditor((state) => graphAt(state.flow, state.place)?.nodes[id]);
  const revision = useEditor((state) => state.revision);
  const all = useEditor((state) => state.problems);
  if (!node) return null;
  const problems = byNode(all)[id] ?? [];
  const fields = byField(problems, id);
  const schema = (kinds.of(node.type)?.config_schema ?? { type: "object", properties: {} }) as JsonSchema;
  const named = new Set(Object.keys((schema.properties as object | undefined) ?? {}));
  const others = problems.filter((each) => !Object.entries(fields).some(([field, message]) => named.has(field) && message === each.message));
  const put = (field: string, value: unknown): void => {
    const { commit, flow } = store.getState();
    const now = graphAt(flow, place)?.nodes[id]?.config ?? {};
    const { [field]: _, ...rest } = now;
    const config = value === undefined ? rest : { ...now, [field]: value };
    commit("edit", id, configured(flow, place, id, config), { key: `${id}.${field}` });
  };
  return (
    <Fields>
      <p className={styles.summary}>
        <strong>{kinds.word(node.type)}</strong> <span className="muted">{kinds.of(node.type)?.summary}</span>
      </p>
      <NameField key={`${id}.${revision}`} id={id} place={place} />
      {others.map((problem) => (
        <p key={problem.field + problem.message} className={styles.problem} data-severity={problem.severity}>
          {problem.message}
        </p>
      ))}
      <Fields key={revision}>
        <NodeFields type={node.type} schema={schema} config={node.config} problems={fields} onChange={put} />
      </Fields>
      {node.body && (
        <Button icon="flow" onClick={() => store.getState().enter([...place, id])}>
          {t("workflows.enter")}
        </Button>
      )}
      <Ways id={id} actions={actions} />
      {node.type !== "start" && node.type !== "end" && (
        <details className={styles.more}>
          <summary>{t("workflows.onFailure")}</summary>
          <Fields key={revision}>
            <SchemaFields
              schema={ON_FAILURE}
              without={node.type === "human" ? ["timeout"] : []}
              values={node.config}
              onChange={(values) => {
                for (const name of ["retry", "timeout", "default"]) if (values[name] !== node.config[name]) put(name, values[name]);
              }}
            />
          </Fields>
        </details>
      )}
      <Button kind="danger" icon="trash" onClick={actions.remove}>
        {t("action.delete")}
      </Button>
    </Fields>
  );
}

/** What the node is called, in the flow and in expressions that read it. */
function NameField({ id, place }: { id: string; place: readonly string[] }): ReactNode {
  const t = useT();
  const store = useEditorStore();
  const [name, setName] = useState(id);
  const wrong = name !== id && !isFreeName(store.getState().flow, name);
  const take = (): void => {
    if (name === id || wrong) return;
    store.getState().commit("rename", name, renamed(store.getState().flow, place, id, name), { select: [name] });
  };
  return (
    <Field label={t("workflows.id")} hint={t("workflows.idHint", { id })} error={wrong ? t("workflows.idTaken") : null}>
      <Input
        className="mono"
        value={name}
        onChange={(event) => setName(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => event.key === "Enter" && take()}
      />
    </Field>
  );
}
