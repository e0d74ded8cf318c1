"use client";
import "@xyflow/react/dist/base.css";
import { applyNodeChanges, Background, type Connection, type EdgeChange, MiniMap, type NodeChange, type OnConnectEnd, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { type DragEvent, type MouseEvent, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { CardView } from "@/features/workflows/CardView";
import styles from "@/features/workflows/Canvas.module.css";
import { useDescriptions } from "@/features/workflows/describe";
import { connected, moved } from "@/features/workflows/model/edit";
import { type CardNode, type Describe, type Elements, elementsOf, layoutOf, type WayEdge } from "@/features/workflows/model/elements";
import { graphAt } from "@/features/workflows/model/flow";
import { ancestors } from "@/features/workflows/model/scope";
import { useEditor, useEditorStore } from "@/features/workflows/store";
import type { Target } from "@/features/workflows/useActions";
import { InsertContext, WayView } from "@/features/workflows/WayView";
import { useT } from "@/i18n";
import { cx } from "@/ui/cx";
import { useTheme } from "@/ui/theme";

const NODES = { card: CardView };
const EDGES = { way: WayView };
const NOTHING: Elements = { nodes: [], edges: [] };
const FAR = 0.4;
const NEAR = 0.5;
const MANY = 300;
const SETTLE_MS = 300;
const FIT = { padding: 0.2, maxZoom: 1 };

interface Props {
  /** Asks which node to add. */
  onAdd: (target: Target) => void;
  onPlace: (type: string, at: [number, number]) => void;
}

/** The level that is shown, as a drawing: its nodes can be moved, joined and selected. */
export default function Canvas(props: Props): ReactNode {
  const place = useEditor((state) => state.place);
  return (
    <ReactFlowProvider key={place.join("/")}>
      <Drawing {...props} />
    </ReactFlowProvider>
  );
}

function Drawing({ onAdd, onPlace }: Props): ReactNode {
  const t = useT();
  const store = useEditorStore();
  const view = useReactFlow<CardNode, WayEdge>();
  const { isDark } = useTheme();
  const describe = useDescriptions();
  const [drawn, setDrawn] = useDrawn(describe);
  const dragging = useRef(false);
  const settling = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [far, setFar] = useState(false);
  const [near, setNear] = useState(false);

  useEffect(() => {
    const show = (id: string): void => {
      const node = view.getNode(id);
      if (!node) return;
      const { x, y } = node.position;
      void view.setCenter(x + (node.width ?? 0) / 2, y + (node.height ?? 0) / 2, { zoom: Math.max(view.getZoom(), 0.8), duration: 120 });
      document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
    };
    store.getState().set({ canvas: { fit: () => void view.fitView({ ...FIT, duration: 120 }), show } });
    return () => store.getState().set({ canvas: null });
  }, [store, view]);

  const settle = useCallback(
    (nodes: readonly CardNode[]) => {
      const { commit, flow, place } = store.getState();
      const to = layoutOf(nodes);
      const [first, ...others] = Object.keys(to);
      if (first) commit("move", others.length > 0 ? t("workflows.several", { n: others.length + 1 }) : first, moved(flow, place, to));
    },
    [store, t],
  );
  const change = useCallback(
    (changes: NodeChange<CardNode>[]) => {
      const steps = changes.filter((each) => each.type === "position");
      setDrawn((before) => ({ ...before, nodes: applyNodeChanges(changes.filter((each) => each.type !== "remove" && each.type !== "select"), before.nodes) }));
      choose(store, changes);
      if (steps.length > 0 && !dragging.current) {
        const ids = new Set(steps.map((each) => each.id));
        clearTimeout(settling.current);
        settling.current = setTimeout(() => settle(view.getNodes().filter((each) => ids.has(each.id))), SETTLE_MS);
      }
    },
    [setDrawn, settle, store, view],
  );
  const changeEdges = useCallback((changes: EdgeChange<WayEdge>[]) => choose(store, changes), [store]);
  const start = useCallback(() => {
    dragging.current = true;
  }, []);
  const stop = useCallback(
    (_event: unknown, _node: CardNode | CardNode[], nodes?: CardNode[]) => {
      dragging.current = false;
      settle(nodes ?? (Array.isArray(_node) ? _node : [_node]));
    },
    [settle],
  );
  const connect = useCallback(
    ({ source, sourceHandle, target }: Connection) => {
      const { commit, flow, place } = store.getState();
      commit("connect", `${source} → ${target}`, connected(flow, place, source, target, sourceHandle || undefined));
    },
    [store],
  );
  const dropped = useCallback<OnConnectEnd>(
    (event, state) => {
      if (state.toNode || !state.fromNode || state.fromHandle?.type !== "source" || !("clientX" in event)) return;
      const { x, y } = view.screenToFlowPosition({ x: event.clientX, y: event.clientY });
      onAdd({ after: state.fromNode.id, label: state.fromHandle.id || undefined, at: [Math.round(x), Math.round(y - 32)] });
    },
    [onAdd, view],
  );
  const drop = (event: DragEvent): void => {
    const type = event.dataTransfer.getData("application/x-liteagent-node");
    if (!type) return;
    event.preventDefault();
    const { x, y } = view.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    onPlace(type, [Math.round(x - 100), Math.round(y - 32)]);
  };
  const open = useCallback(
    (_event: MouseEvent, { id }: CardNode) => {
      const { enter, flow, place } = store.getState();
      if (graphAt(flow, place)?.nodes[id]?.body) enter([...place, id]);
    },
    [store],
  );
  const fits = useCallback(
    ({ source, target }: Connection | WayEdge) => {
      const graph = graphAt(store.getState().flow, store.getState().place);
      return source !== target && !!graph && !ancestors(graph, source).includes(target);
    },
    [store],
  );
  const look = useCallback((_event: unknown, { zoom }: { zoom: number }) => {
    setFar(zoom < FAR);
    setNear(zoom > NEAR);
  }, []);
  const insert = useCallback((edge: string) => onAdd({ edge }), [onAdd]);
  const labels = useMemo(() => ({ "node.a11yDescription.default": t("workflows.canvas.node"), "edge.a11yDescription.default": "", "node.a11yDescription.keyboardDisabled": "" }), [t]);

  return (
    <InsertContext value={insert}>
      <div className={cx(styles.canvas, far && styles.far)} onDragOver={(event) => event.preventDefault()} onDrop={drop} data-canvas>
        <ReactFlow<CardNode, WayEdge>
          nodes={drawn.nodes}
          edges={drawn.edges}
          nodeTypes={NODES}
          edgeTypes={EDGES}
          colorMode={isDark ? "dark" : "light"}
          onNodesChange={change}
          onEdgesChange={changeEdges}
          onNodeDragStart={start}
          onNodeDragStop={stop}
          onSelectionDragStart={start}
          onSelectionDragStop={stop}
          onNodeDoubleClick={open}
          onConnect={connect}
          onConnectEnd={dropped}
          isValidConnection={fits}
          onMove={look}
          onlyRenderVisibleElements={near && drawn.nodes.length > MANY}
          deleteKeyCode={null}
          edgesFocusable={false}
          ariaLabelConfig={labels}
          aria-label={t("workflows.canvas")}
          minZoom={0.05}
          fitView
          fitViewOptions={FIT}
          proOptions={{ hideAttribution: true }}
        >
          <Background gap={16} size={1} />
          {drawn.nodes.length > 12 && <MiniMap pannable zoomable ariaLabel={t("workflows.map")} className={styles.map} />}
        </ReactFlow>
        {drawn.nodes.length === 0 && <p className={styles.empty}>{t("workflows.canvas.empty")}</p>}
      </div>
    </InsertContext>
  );
}

/** What is drawn now: the flow's level, and on top of it what is being dragged. */
function useDrawn(describe: Describe): [Elements, (change: (before: Elements) => Elements) => void] {
  const flow = useEditor((state) => state.flow);
  const graph = useEditor((state) => graphAt(state.flow, state.place));
  const selected = useEditor((state) => state.selected);
  const [drawn, setDrawn] = useState<Elements>(() => (graph ? elementsOf(flow, graph, selected, NOTHING, describe) : NOTHING));
  useEffect(() => {
    setDrawn((before) => (graph ? elementsOf(flow, graph, selected, before, describe) : NOTHING));
  }, [describe, flow, graph, selected]);
  return [drawn, setDrawn];
}

/** Takes over what was selected on the canvas. */
function choose(store: ReturnType<typeof useEditorStore>, changes: readonly (NodeChange<CardNode> | EdgeChange<WayEdge>)[]): void {
  const picks = changes.filter((each) => each.type === "select");
  if (picks.length === 0) return;
  const next = new Set(store.getState().selected);
  for (const { id, selected } of picks) {
    if (selected) next.add(id);
    else next.delete(id);
  }
  store.getState().select([...next]);
}

