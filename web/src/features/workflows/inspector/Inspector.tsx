"use client";
import { type ReactNode, useState } from "react";
import { DocsTab } from "@/features/workflows/inspector/DocsTab";
import { EdgeSettings } from "@/features/workflows/inspector/EdgeSettings";
import { FlowSettings } from "@/features/workflows/inspector/FlowSettings";
import styles from "@/features/workflows/inspector/Inspector.module.css";
import { LastRunTab } from "@/features/workflows/inspector/LastRunTab";
import { NodeSettings } from "@/features/workflows/inspector/NodeSettings";
import { selectedEdge, selectedNode, useEditor } from "@/features/workflows/store";
import type { Actions } from "@/features/workflows/useActions";
import type { Running } from "@/features/workflows/useRunning";
import { useT } from "@/i18n";
import { Tabs } from "@/ui/Tabs";

interface Props {
  actions: Actions;
  running: Running;
}

/** What is selected: a node, an edge, or the flow itself. */
export function Inspector({ actions, running }: Props): ReactNode {
  const t = useT();
  const node = useEditor(selectedNode);
  const edge = useEditor(selectedEdge);
  const several = useEditor((state) => state.selected.size > 1);
  const [tab, setTab] = useState("settings");
  if (node) {
    return (
      <div className={styles.inspector}>
        <Tabs
          label={node}
          active={tab}
          onChange={setTab}
          tabs={[
            { id: "settings", label: t("workflows.settings") },
            { id: "run", label: t("workflows.lastRun") },
            { id: "docs", label: t("workflows.docs") },
          ]}
        >
          {tab === "settings" && <NodeSettings key={node} id={node} actions={actions} />}
          {tab === "run" && <LastRunTab key={node} id={node} running={running} />}
          {tab === "docs" && <DocsTab id={node} />}
        </Tabs>
      </div>
    );
  }
  return (
    <div className={styles.inspector}>
      {edge ? <EdgeSettings key={edge} edge={edge} actions={actions} /> : several ? <p className="muted">{t("workflows.manySelected")}</p> : <FlowSettings />}
    </div>
  );
}
