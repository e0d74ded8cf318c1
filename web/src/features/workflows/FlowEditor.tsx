"use client";
import { lazy, type ReactNode, useCallback, useMemo, useState } from "react";
import { AddNode } from "@/features/workflows/AddNode";
import { Breadcrumb } from "@/features/workflows/Breadcrumb";
import { Dock, type DockTab } from "@/features/workflows/Dock";
import styles from "@/features/workflows/Editor.module.css";
import { Inspector } from "@/features/workflows/inspector/Inspector";
import { LazyPart } from "@/features/workflows/LazyPart";
import { placeOf } from "@/features/workflows/model/flow";
import { stillTaken } from "@/features/workflows/model/live";
import { NodePalette } from "@/features/workflows/NodePalette";
import { Outline } from "@/features/workflows/Outline";
import { PublishDialog } from "@/features/workflows/PublishDialog";
import { Shortcuts } from "@/features/workflows/Shortcuts";
import { selectedNode, useEditor, useEditorStore } from "@/features/workflows/store";
import { Toolbar } from "@/features/workflows/Toolbar";
import { behind, type Target, useActions } from "@/features/workflows/useActions";
import { useAutosave } from "@/features/workflows/useAutosave";
import { type Commands, useKeys } from "@/features/workflows/useKeys";
import { useRunning } from "@/features/workflows/useRunning";
import { useNarrow, type View, viewOf } from "@/features/workflows/views";
import { useT } from "@/i18n";
import { useParams } from "@/nav";
import { IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { Dialog } from "@/ui/Dialog";

const Canvas = lazy(() => import("@/features/workflows/Canvas"));
const YamlView = lazy(() => import("@/features/workflows/text/YamlView"));
const PythonView = lazy(() => import("@/features/workflows/text/PythonView"));
const Versions = lazy(() => import("@/features/workflows/versions/Versions"));

const SETTLE_MS = 60;
const TRIES = 30;

type Open = "versions" | "publish" | "shortcuts" | "inspector" | null;

/** One open flow: its palette, its drawing, list or text, what is selected, and below all that what is wrong and the run. */
export default function FlowEditor(): ReactNode {
  const t = useT();
  const store = useEditorStore();
  const narrow = useNarrow();
  const { get, set } = useParams();
  const view = viewOf(get("view"), narrow);
  const actions = useActions(store);
  const save = useAutosave(store);
  const running = useRunning(store, save);
  const [adding, setAdding] = useState<Target | null>(null);
  const [open, setOpen] = useState<Open>(null);
  const [dock, setDock] = useState<DockTab | null>(null);
  const [palette, setPalette] = useState(true);
  const node = useEditor(selectedNode);

  const run = useCallback(() => {
    if (Object.keys(store.getState().flow.inputs).length === 0) running.start({});
    else if (store.getState().run) running.start(stillTaken(store.getState().run?.inputs ?? {}, store.getState().flow.inputs));
    setDock("run");
  }, [running, store]);
  const commands = useMemo<Commands>(
    () => ({
      actions,
      add: setAdding,
      run,
      runHere: (id) => {
        setDock("run");
        if (store.getState().run?.nodes[id]) running.again(id);
        else run();
      },
      publish: () => setOpen("publish"),
      shortcuts: () => setOpen("shortcuts"),
    }),
    [actions, run, running, store],
  );
  useKeys(store, commands);

  const goOn = useCallback(
    (id: string) => {
      const { flow, select } = store.getState();
      if (placeOf(flow, id)) select([id]);
      // The node is drawn some frames later, more of them on a busy machine.
      const look = (tries: number): void => {
        const line = document.querySelector<HTMLElement>(`[data-line="${CSS.escape(id)}"]`);
        if (line) line.focus();
        else if (document.querySelector(`.react-flow__node[data-id="${CSS.escape(id)}"]`)) store.getState().canvas?.show(id);
        else if (tries > 0) setTimeout(() => look(tries - 1), SETTLE_MS);
      };
      setTimeout(() => look(TRIES), SETTLE_MS);
    },
    [store],
  );
  const place = useCallback((type: string, at: [number, number]) => goOn(actions.add(type, { at })), [actions, goOn]);
  const wide = view === "canvas" || view === "split";
  const show = (next: View): void => {
    set({ view: next === viewOf(null, narrow) ? null : next });
    setTimeout(() => store.getState().canvas?.fit(), SETTLE_MS);
  };

  return (
    <div className={styles.editor}>
      <Toolbar
        view={view}
        onView={show}
        actions={actions}
        starting={running.starting}
        onRun={run}
        onPublish={() => setOpen("publish")}
        onVersions={() => setOpen("versions")}
        onShortcuts={() => setOpen("shortcuts")}
      />
      <div className={cx(styles.desk, wide && !narrow && palette && styles.withPalette)}>
        {wide && !narrow && palette && <NodePalette onAdd={(type) => goOn(actions.add(type, { after: behind(store) }))} />}
        <div className={styles.middle}>
          {wide && (
            <div className={styles.strip}>
              {!narrow && <IconButton small icon="menu" aria-expanded={palette} label={t("workflows.palette")} onClick={() => setPalette(!palette)} />}
              <Breadcrumb />
            </div>
          )}
          <LazyPart key={view} fallback={<p className={styles.waiting}>{t("state.loading")}</p>}>
            <div className={cx(styles.panes, view === "split" && styles.split)}>
              {wide && <Canvas onAdd={setAdding} onPlace={place} />}
              {view === "outline" && <Outline onAdd={setAdding} onOpen={() => narrow && setOpen("inspector")} />}
              {(view === "yaml" || view === "split") && <YamlView />}
              {view === "python" && <PythonView />}
            </div>
          </LazyPart>
        </div>
        {!narrow && (
          <aside className={styles.aside} aria-label={t("workflows.inspector")}>
            <Inspector actions={actions} running={running} />
          </aside>
        )}
      </div>
      {narrow && (
        <div className={styles.narrow}>
          <IconButton icon="settings" label={t("workflows.inspector")} onClick={() => setOpen("inspector")} />
        </div>
      )}
      <Dock open={dock} onOpen={setDock} actions={actions} running={running} />
      {adding && <AddNode target={adding} actions={actions} onClose={() => setAdding(null)} onDone={goOn} />}
      {open === "shortcuts" && <Shortcuts onClose={() => setOpen(null)} />}
      {open === "publish" && <PublishDialog save={save} onClose={() => setOpen(null)} />}
      {open === "versions" && (
        <LazyPart>
          <Versions onClose={() => setOpen(null)} />
        </LazyPart>
      )}
      {open === "inspector" && (
        <Dialog title={node ?? t("workflows.flow")} shape="side" onClose={() => setOpen(null)}>
          <Inspector actions={actions} running={running} />
        </Dialog>
      )}
    </div>
  );
}
