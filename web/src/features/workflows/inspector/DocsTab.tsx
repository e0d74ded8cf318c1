"use client";
import type { ReactNode } from "react";
import { isObject } from "@/api/errors";
import styles from "@/features/workflows/inspector/Inspector.module.css";
import { useKinds } from "@/features/workflows/kinds";
import { graphAt } from "@/features/workflows/model/flow";
import { outcomesOf } from "@/features/workflows/model/outcomes";
import { useEditor } from "@/features/workflows/store";
import { useT } from "@/i18n";

/** What a node of that type does, takes and gives, as the server tells it. */
export function DocsTab({ id }: { id: string }): ReactNode {
  const t = useT();
  const kinds = useKinds();
  const node = useEditor((state) => graphAt(state.flow, state.place)?.nodes[id]);
  const kind = node && kinds.of(node.type);
  if (!node || !kind) return null;
  const properties = isObject(kind.config_schema.properties) ? Object.entries(kind.config_schema.properties) : [];
  const outcomes = [...outcomesOf(node), "error"];
  return (
    <div className={styles.docs}>
      <p>{kind.summary}</p>
      <h3>{t("workflows.docs.takes")}</h3>
      <dl>
        {properties.map(([name, property]) => (
          <div key={name}>
            <dt className="mono">{name}</dt>
            <dd>{isObject(property) ? String(property.description ?? "") : ""}</dd>
          </div>
        ))}
      </dl>
      <h3>{t("workflows.docs.gives")}</h3>
      <p className="mono">{`${id}.output`}</p>
      {Object.keys(kind.output_schema).length > 0 && (
        <pre className={styles.value} tabIndex={0}>
          {JSON.stringify(kind.output_schema, null, 2)}
        </pre>
      )}
      <h3>{t("workflows.docs.outcomes")}</h3>
      <p className="mono">{outcomes.join(", ")}</p>
    </div>
  );
}
