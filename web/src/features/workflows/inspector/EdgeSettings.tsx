"use client";
import type { ReactNode } from "react";
import styles from "@/features/workflows/inspector/Inspector.module.css";
import { LabelChoice } from "@/features/workflows/inspector/Ways";
import { relabelled } from "@/features/workflows/model/edit";
import { edgeKey, graphAt } from "@/features/workflows/model/flow";
import { useEditor, useEditorStore } from "@/features/workflows/store";
import { type Actions, readable } from "@/features/workflows/useActions";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { Fields } from "@/ui/Field";

/** One edge: by which outcome it is taken. */
export function EdgeSettings({ edge, actions }: { edge: string; actions: Actions }): ReactNode {
  const t = useT();
  const store = useEditorStore();
  const place = useEditor((state) => state.place);
  const found = useEditor((state) => graphAt(state.flow, state.place)?.edges.find((each) => edgeKey(each) === edge));
  if (!found) return null;
  return (
    <Fields>
      <h2 className={styles.title}>{readable(edge)}</h2>
      <LabelChoice
        id={found.source}
        label={found.label}
        name={readable(edge)}
        onChange={(label) => store.getState().commit("label", readable(edge), relabelled(store.getState().flow, place, edge, label), { select: [edgeKey({ ...found, label })] })}
      />
      <p className="muted">{t("workflows.labelHint")}</p>
      <Button kind="danger" icon="trash" onClick={actions.remove}>
        {t("action.delete")}
      </Button>
    </Fields>
  );
}
