import { AgentsScreen } from "@/features/agents/AgentsScreen";
import { Route } from "@/nav";

export default () => <Route><AgentsScreen /></Route>;
