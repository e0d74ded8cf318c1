"use client";
import type { ReactNode } from "react";
import { useT } from "@/i18n";
import { ButtonLink } from "@/ui/Button";
import { Empty, Page } from "@/ui/Page";

/** An address that leads nowhere. */
export function MissingScreen(): ReactNode {
  const t = useT();
  return (
    <Page title={t("missing.title")}>
      <Empty icon="search" title={t("missing.title")} action={<ButtonLink to="/">{t("nav.home")}</ButtonLink>}>
        {t("missing.text")}
      </Empty>
    </Page>
  );
}
