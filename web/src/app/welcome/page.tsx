import { WelcomeScreen } from "@/features/welcome/WelcomeScreen";
import { Route } from "@/nav";

export default () => <Route><WelcomeScreen /></Route>;
