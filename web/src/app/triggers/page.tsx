import { TriggersScreen } from "@/features/triggers/TriggersScreen";
import { Route } from "@/nav";

export default () => <Route><TriggersScreen /></Route>;
