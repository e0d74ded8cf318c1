"use client";
import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import type { Schema } from "@/api/client";
import { keys } from "@/api/queries";
import { KindsContext, useLoadedKinds } from "@/features/workflows/kinds";
import { flowOf } from "@/features/workflows/flowsApi";
import { forget, type Kept, kept } from "@/features/workflows/localJournal";
import { same } from "@/features/workflows/model/diff";
import { fromDocument, toDocument } from "@/features/workflows/model/flow";
import { createEditor, EditorContext, type EditorStore } from "@/features/workflows/store";
import { NARROW, viewOf } from "@/features/workflows/views";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Page, Problem } from "@/ui/Page";
import { useTimes } from "@/ui/time";

const editor = () => import("@/features/workflows/FlowEditor");
const FlowEditor = lazy(editor);

/** Fetches the editor's code while the flow is on its way. */
function fetchCode(): void {
  void editor();
  if (viewOf(new URLSearchParams(globalThis.location.search).get("view"), matchMedia(NARROW).matches) === "canvas") void import("@/features/workflows/Canvas");
}

/** Opens one flow for editing. What was changed in this browser and never reached the server is offered first. */
export default function EditorPage({ id }: { id: string }): ReactNode {
  const t = useT();
  const kinds = useLoadedKinds();
  const flow = useQuery({
    queryKey: keys.one("workflows", id),
    queryFn: () => flowOf(id),
  });
  const [store, setStore] = useState<EditorStore | null>(null);
  const [lost, setLost] = useState<Kept | null>(null);
  const found = flow.data;

  useEffect(fetchCode, []);
  useEffect(() => {
    if (!found || store) return;
    let open = true;
    void kept(id).then((draft) => {
      if (!open) return;
      setStore(createEditor(id, fromDocument(found.document), found.version));
      if (draft && !same(draft.document, toDocument(fromDocument(found.document)))) setLost(draft);
    });
    return () => {
      open = false;
    };
  }, [found, id, store]);

  const error = flow.error ?? kinds.error;
  return (
    <Page title={found?.name ?? t("nav.workflows")} full untitled={store !== null} busy={!error && (!store || kinds.loading)}>
      {error && !store && <Problem error={error} onRetry={() => void flow.refetch()} />}
      {store && !kinds.loading && (
        <KindsContext value={kinds}>
          <EditorContext value={store}>
            <Suspense fallback={null}>
              <FlowEditor />
            </Suspense>
            {lost && found && <Restore draft={lost} store={store} view={found} onDone={() => setLost(null)} />}
          </EditorContext>
        </KindsContext>
      )}
    </Page>
  );
}

interface RestoreProps {
  draft: Kept;
  store: EditorStore;
  view: Schema<"WorkflowView">;
  onDone: () => void;
}

/** Offers what was kept in this browser when the last session broke off. */
function Restore({ draft, store, view, onDone }: RestoreProps): ReactNode {
  const t = useT();
  const times = useTimes();
  const moved = view.version !== draft.base;
  return (
    <Dialog
      title={t("workflows.lost")}
      onClose={onDone}
      actions={
        <>
          <Button
            onClick={() => {
              void forget(view.id);
              onDone();
            }}
          >
            {t("workflows.lost.discard")}
          </Button>
          <Button
            kind="primary"
            icon="undo"
            data-first
            onClick={() => {
              store.getState().commit("restore", times.exact(draft.at), fromDocument(draft.document), { select: [] });
              onDone();
            }}
          >
            {t("workflows.restore")}
          </Button>
        </>
      }
    >
      <p>{t("workflows.lost.text", { when: times.exact(draft.at) })}</p>
      {moved && <p>{t("workflows.lost.moved", { base: draft.base, version: view.version })}</p>}
    </Dialog>
  );
}
