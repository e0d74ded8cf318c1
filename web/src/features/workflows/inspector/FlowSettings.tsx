"use client";
import type { ReactNode } from "react";
import { InputsField } from "@/features/workflows/inspector/InputsField";
import styles from "@/features/workflows/inspector/Inspector.module.css";
import type { Flow } from "@/features/workflows/model/flow";
import { byNode } from "@/features/workflows/model/problems";
import { useEditor, useEditorStore } from "@/features/workflows/store";
import { useT } from "@/i18n";
import { Field, Fields, Input, TextArea } from "@/ui/Field";
import { type JsonSchema, SchemaFields } from "@/ui/SchemaForm";

/** The flow itself: what it is called, what a run of it is given, and what a run may use. */
export function FlowSettings(): ReactNode {
  const t = useT();
  const store = useEditorStore();
  const flow = useEditor((state) => state.flow);
  const revision = useEditor((state) => state.revision);
  const problems = useEditor((state) => state.problems);
  const put = (part: Partial<Flow>): void => {
    store.getState().commit("settings", Object.keys(part)[0] ?? "", { ...store.getState().flow, ...part }, { key: Object.keys(part).join() });
  };
  const limits: JsonSchema = {
    type: "object",
    properties: {
      steps: { type: "integer", title: t("workflows.limit.steps") },
      seconds: { type: "number", title: t("workflows.limit.seconds") },
      depth: { type: "integer", title: t("workflows.limit.depth") },
      cost: { type: "number", title: t("workflows.limit.cost") },
    },
  };
  const own = byNode(problems)[""] ?? [];
  return (
    <Fields>
      <h2 className={styles.title}>{t("workflows.flow")}</h2>
      {own.map((problem) => (
        <p key={problem.field + problem.message} className={styles.problem} data-severity={problem.severity}>
          {problem.message}
        </p>
      ))}
      <Field label={t("workflows.name")}>
        <Input value={flow.name} onChange={(event) => put({ name: event.target.value })} />
      </Field>
      <Field label={t("workflows.slug")} hint={t("workflows.slugHint")}>
        <Input className="mono" value={flow.id} onChange={(event) => put({ id: event.target.value })} />
      </Field>
      <Field label={t("workflows.description")}>
        <TextArea rows={2} value={flow.description} onChange={(event) => put({ description: event.target.value })} />
      </Field>
      <InputsField key={`inputs.${revision}`} inputs={flow.inputs} onChange={(inputs) => put({ inputs })} />
      <details className={styles.more}>
        <summary>{t("workflows.limits")}</summary>
        <Fields key={revision}>
          <SchemaFields schema={limits} values={flow.limits} onChange={(values) => put({ limits: values })} />
        </Fields>
      </details>
    </Fields>
  );
}
