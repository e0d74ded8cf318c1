"use client";
import type { ReactNode } from "react";
import styles from "@/features/welcome/WelcomeScreen.module.css";
import { useT } from "@/i18n";
import { ButtonLink } from "@/ui/Button";

/** A model with more to say than the built-in one. */
export function ModelStep(): ReactNode {
  const t = useT();
  return (
    <div className={styles.step}>
      <h2>{t("welcome.model.title")}</h2>
      <p>{t("welcome.model.text")}</p>
      <ButtonLink to="/providers?new=1" kind="primary" icon="plug">
        {t("welcome.model.go")}
      </ButtonLink>
    </div>
  );
}

/** Where to go from here. */
export function OwnStep(): ReactNode {
  const t = useT();
  return (
    <div className={styles.step}>
      <h2>{t("welcome.own.title")}</h2>
      <p>{t("welcome.own.text")}</p>
      <div className={styles.choices}>
        <ButtonLink to="/knowledge?new=1" icon="book">
          {t("welcome.own.knowledge")}
        </ButtonLink>
        <ButtonLink to="/agents?new=1" icon="agent">
          {t("welcome.own.agent")}
        </ButtonLink>
        <ButtonLink to="/workflows?new=1" icon="flow">
          {t("welcome.own.flow")}
        </ButtonLink>
      </div>
    </div>
  );
}
