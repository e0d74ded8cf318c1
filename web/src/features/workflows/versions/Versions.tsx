"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useMemo, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys, useMe, usePages } from "@/api/queries";
import { versionOf } from "@/features/workflows/flowsApi";
import { difference } from "@/features/workflows/model/diff";
import { fromDocument } from "@/features/workflows/model/flow";
import { grouped } from "@/features/workflows/model/versions";
import { useEditor, useEditorStore } from "@/features/workflows/store";
import { Changes } from "@/features/workflows/versions/Changes";
import styles from "@/features/workflows/versions/Versions.module.css";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Problem } from "@/ui/Page";
import { Badge } from "@/ui/Status";
import { Tabs } from "@/ui/Tabs";
import { useTimes } from "@/ui/time";
import { useToasts } from "@/ui/Toasts";

const GraphDifference = lazy(() => import("@/features/workflows/versions/GraphDifference"));
const TextDifference = lazy(() => import("@/features/workflows/versions/TextDifference"));

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

type Version = Schema<"VersionSummary">;

/** Every version of the flow, each compared with what is on the canvas; any can be taken back or published. */
export default function Versions({ onClose }: { onClose: () => void }): ReactNode {
  const t = useT();
  const { workflowId } = useEditorStore().getState();
  const newest = useEditor((state) => state.version);
  const [chosen, setChosen] = useState<number>(newest);
  const versions = usePages<Version>([...keys.one("workflows", workflowId), "versions", newest], (cursor) =>
    data(api.GET("/api/workflows/{workflow_id}/versions", { params: { path: { workflow_id: workflowId }, query: { limit: 50, cursor } } })),
  );
  const groups = useMemo(() => grouped(versions.items), [versions.items]);
  return (
    <Dialog title={t("workflows.versions")} onClose={onClose} wide>
      {versions.error && <Problem error={versions.error} onRetry={versions.refetch} />}
      <div className={styles.versions}>
        <div className={styles.list}>
          {groups.map(([head, ...steps]) => (
            <div key={head.version}>
              <VersionLine version={head} chosen={chosen === head.version} onChoose={() => setChosen(head.version)} />
              {steps.length > 0 && (
                <details>
                  <summary>{t("workflows.smallSteps", { n: steps.length })}</summary>
                  {steps.map((each) => (
                    <VersionLine key={each.version} version={each} chosen={chosen === each.version} onChoose={() => setChosen(each.version)} />
                  ))}
                </details>
              )}
            </div>
          ))}
          {versions.more && (
            <Button small onClick={versions.more}>
              {t("action.more")}
            </Button>
          )}
        </div>
        <Compared key={chosen} number={chosen} onClose={onClose} />
      </div>
    </Dialog>
  );
}

function VersionLine({ version, chosen, onChoose }: { version: Version; chosen: boolean; onChoose: () => void }): ReactNode {
  const t = useT();
  const times = useTimes();
  const me = useMe();
  const author = version.created_by === me.data?.id ? me.data.email : UUID.test(version.created_by) ? null : version.created_by;
  return (
    <button type="button" className={styles.line} aria-pressed={chosen} onClick={onChoose}>
      <strong>{t("workflows.version", { n: version.version })}</strong>
      {version.published && <Badge tone="ok">{t("workflows.published")}</Badge>}
      <span className="muted" title={times.exact(version.created_at)}>
        {[times.ago(version.created_at), author].filter(Boolean).join(" · ")}
      </span>
    </button>
  );
}

function Compared({ number, onClose }: { number: number; onClose: () => void }): ReactNode {
  const t = useT();
  const say = useToasts();
  const store = useEditorStore();
  const queries = useQueryClient();
  const { workflowId } = store.getState();
  const now = useEditor((state) => state.flow);
  const [view, setView] = useState("changes");
  const version = useQuery({
    queryKey: [...keys.one("workflows", workflowId), "version", number],
    queryFn: () => versionOf(workflowId, number),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const publish = useMutation({
    mutationFn: () => data(api.POST("/api/workflows/{workflow_id}/publish", { params: { path: { workflow_id: workflowId } }, body: { version: number } })),
    onSuccess: () => say.done(t("workflows.publishedNow", { n: number })),
    onError: (error) => say.failed(messageOf(error)),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.one("workflows", workflowId) }),
  });
  const old = useMemo(() => (version.data ? fromDocument(version.data.document) : null), [version.data]);
  const found = useMemo(() => (old ? difference(old, now) : null), [now, old]);
  if (version.error) return <Problem error={version.error} />;
  if (!old || !found) return <p className="muted">{t("state.loading")}</p>;
  return (
    <div className={styles.compared}>
      <div className={styles.actions}>
        <Button
          icon="undo"
          onClick={() => {
            store.getState().commit("restore", t("workflows.version", { n: number }), old, { select: [] });
            onClose();
          }}
        >
          {t("workflows.restore")}
        </Button>
        <Button icon="check" busy={publish.isPending} onClick={() => publish.mutate()}>
          {t("workflows.publish")}
        </Button>
      </div>
      <p className="muted">{t("workflows.comparedWith", { n: number })}</p>
      <Tabs
        label={t("workflows.difference")}
        active={view}
        onChange={setView}
        tabs={[
          { id: "changes", label: t("workflows.changes") },
          { id: "graph", label: t("workflows.graph") },
          { id: "text", label: t("workflows.text") },
        ]}
      >
        {view === "changes" && <Changes found={found} />}
        <Suspense fallback={<p className="muted">{t("state.loading")}</p>}>
          {view === "graph" && <GraphDifference before={old} after={now} found={found} />}
          {view === "text" && <TextDifference before={old} after={now} />}
        </Suspense>
      </Tabs>
    </div>
  );
}
