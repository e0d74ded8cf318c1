"use client";
import type { ReactNode } from "react";
import { useT } from "@/i18n";
import { Page } from "@/ui/Page";

export function ProvidersScreen(): ReactNode {
  const t = useT();
  return <Page title={t("nav.home")}>{null}</Page>;
}
