"use client";
import type { ReactNode } from "react";
import { session } from "@/api/session";
import styles from "@/features/settings/Settings.module.css";
import { LANGUAGES, useLanguage } from "@/i18n";
import { Button } from "@/ui/Button";
import { Field, Select } from "@/ui/Field";
import { type Theme, useTheme } from "@/ui/theme";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

/** Theme and language of this browser, and the way out. */
export function Appearance(): ReactNode {
  const { choose, code, t } = useLanguage();
  const look = useTheme();
  return (
    <div className={styles.narrow}>
      <Field label={t("settings.theme")}>
        <Select value={look.theme} onChange={(event) => look.choose(event.target.value as Theme)}>
          {THEMES.map((theme) => (
            <option key={theme} value={theme}>
              {t(`theme.${theme}`)}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t("settings.language")}>
        <Select value={code} onChange={(event) => choose(event.target.value)}>
          {Object.entries(LANGUAGES).map(([each, { name }]) => (
            <option key={each} value={each} lang={each}>
              {name}
            </option>
          ))}
        </Select>
      </Field>
      <div>
        <Button icon="user" onClick={() => void session.logout()}>
          {t("nav.signOut")}
        </Button>
      </div>
    </div>
  );
}
