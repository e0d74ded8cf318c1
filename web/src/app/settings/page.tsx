import { SettingsScreen } from "@/features/settings/SettingsScreen";
import { Route } from "@/nav";

export default () => <Route><SettingsScreen /></Route>;
