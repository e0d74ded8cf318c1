import { ProvidersScreen } from "@/features/providers/ProvidersScreen";
import { Route } from "@/nav";

export default () => <Route><ProvidersScreen /></Route>;
