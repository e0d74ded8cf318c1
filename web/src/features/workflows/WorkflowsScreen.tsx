"use client";
import { lazy, type ReactNode, Suspense } from "react";
import { useT } from "@/i18n";
import { addTexts } from "@/i18n/en";
import { workflows } from "@/i18n/en/workflows";
import { useId } from "@/nav";
import { Page } from "@/ui/Page";

const EditorPage = lazy(() => import("@/features/workflows/EditorPage"));
const FlowsList = lazy(() => import("@/features/workflows/FlowsList"));

addTexts(workflows);

/** All flows, or the one of `?id=`. */
export function WorkflowsScreen(): ReactNode {
  const t = useT();
  const id = useId();
  return <Suspense fallback={<Page title={t("nav.workflows")} busy>{null}</Page>}>{id ? <EditorPage key={id} id={id} /> : <FlowsList />}</Suspense>;
}
