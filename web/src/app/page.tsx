import { HomeScreen } from "@/features/home/HomeScreen";
import { Route } from "@/nav";

export default () => <Route><HomeScreen /></Route>;
