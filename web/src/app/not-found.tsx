import { Route } from "@/nav";
import { MissingScreen } from "@/features/home/MissingScreen";

export default () => <Route><MissingScreen /></Route>;
