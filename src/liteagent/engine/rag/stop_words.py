"""Words too frequent to say what a text is about, by language."""

# ruff: noqa: RUF001  letters of other scripts look like Latin ones

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["STOP_WORDS"]

_LISTS = {
    "english": """
a about after again all also am an and any are as at be because been before being between both but by can
cannot could d did do does doing down during each few for from further had has have having he her here
hers herself him himself his how i if in into is it its itself just ll m may me might more most must my
myself no nor not now of off on once only or other our ours ourselves out over own re s same shall she
should so some such t than that the their theirs them themselves then there these they this those through
to too under until up upon us ve very was we were what when where whether which while who whom whose why
will with within without would you your yours yourself yourselves don doesn didn isn aren wasn weren won
wouldn shouldn couldn hasn haven hadn ain
""",
    "arabic": """
في من على إلى عن مع هذا هذه ذلك التي الذي الذين ما لا لم لن أن إن كان كانت هو هي هم كل بعد قبل بين حتى أو
ثم قد و يا عند غير أي كما لكن منذ أيضا هناك نحن أنا أنت
""",
    "basque": """
eta da du ez bat bere edo dira izan baina zen ere hau hori dute den egin beste behar baino duen horren
dela zuen dago bai nola non zer nor gu ni zu bi arte
""",
    "catalan": """
el la els les un una uns unes de del dels i o que en amb per al als no és són ha han més com però si es
seu seva seus aquest aquesta aquests aquestes ser fer molt quan on qui què també entre fins sobre sense
perquè ja
""",
    "danish": """
og i ved at det en den til er som på de med han af for ikke der var mig sig men et har om vi min havde ham hun
nu over da fra du ud sin dem os op man hans hvor eller hvad skal selv her alle vil blev kunne ind når være
dog noget ville deres efter ned skulle denne end dette kan også hvis hvordan jeg dig din dit dine mit
""",
    "dutch": """
de en van ik te dat die in een hij het niet zijn is was op aan met als voor had er maar om hem dan zou of
wat mijn men dit zo door over ze zich bij ook tot je mij uit der daar haar naar heb hoe heeft hebben deze
u want nog zal me zij nu ge geen omdat iets worden toch al waren veel meer doen moet ben zonder kan hun
wordt deze waar wie
""",
    "estonian": """
ja on ei et see ta ma oli mis aga kui ka oma või siis selle nii kes ning seda olen ole nad me sa te välja
veel ainult kuid pole olid ta tema mida üks juba pärast enne kus kuidas
""",
    "finnish": """
ja on ei että se hän oli mutta kun ovat en jos niin kuin myös olla joka sen tai ole mitä siitä nyt vain
hänen minä sinä me te he tämä nämä jotka sekä kanssa mukaan vielä jo mikä missä miten ollut olisi voi
kaikki sitä tässä
""",
    "french": """
le la les un une des du de d et à au aux en dans par pour sur avec sans ce cet cette ces que qui quoi dont
où ne pas plus se sa son ses leur leurs il elle ils elles on nous vous je tu me te mon ma mes ton ta tes
notre votre est sont été être a ai as avons ont avait était mais ou donc si comme y l c j m n s t qu quand
comment aussi très même
""",
    "german": """
der die das den dem des ein eine einen einem einer eines und oder aber in im an am auf aus bei mit nach
von vom zu zum zur über unter vor für durch gegen ohne um ist sind war waren wird werden wurde wurden hat
haben hatte sein seine seinen seiner ihr ihre ihren er sie es wir ich du mich mir dich dir sich nicht kein
keine auch nur noch wie was wer wo wenn dass als so dann denn da hier dort man kann können muss müssen
soll sollen diese dieser dieses diesem diesen welche welcher welches bis sehr mehr
""",
    "greek": """
ο η το οι τα του της των τον την και να σε με για από είναι που δεν θα στο στη στην στον στα στις ένα μια
ένας αυτό αυτή αυτός ότι αλλά ή όπως πως πώς τι αν μας σας τους ήταν έχει έχουν κατά μετά πριν προς μου
σου πολύ πιο όταν
""",
    "hindi": """
के का की है में से को और पर यह वह इस ने एक हैं था थी थे कि लिए भी तो ही हो कर जो या नहीं अपने तक साथ कुछ
गया किया करने उस इन उन मैं हम आप क्या कैसे कब कहाँ बाद
""",
    "hungarian": """
a az és hogy nem is egy ez azt de ha csak már meg volt van vagy mint ki mi én te ő mert még el be le fel
kell lesz ezt ami aki után között pedig így úgy ilyen minden itt ott hogyan mikor hol nagyon sem vannak
lehet
""",
    "indonesian": """
yang dan di ke dari untuk dengan pada ini itu adalah tidak dalam akan atau juga oleh sebagai ada kami kita
saya anda mereka ia dia bisa dapat telah sudah karena lebih bagi saat apa bagaimana namun jika seperti
antara tersebut
""",
    "italian": """
il lo la i gli le un uno una di a da in con su per tra fra del dello della dei degli delle al allo alla ai
agli alle dal dalla dai dalle nel nella nei nelle sul sulla sui sulle e ed o ma se che chi cui non più
anche come dove quando perché è sono era erano ha hanno ho abbiamo essere avere questo questa questi
queste quello quella si ci ne mi ti vi io tu lui lei noi voi loro suo sua suoi sue mio mia l d un c
""",
    "lithuanian": """
ir yra kad iš į su tai bet kaip ar o dėl per apie už nuo iki jo jos jų buvo ne tik taip pat kuris kuri
kurie šis ši mes jis ji aš tu jie po prie dar jau kai jei
""",
    "norwegian": """
og i jeg det at en et den til er som på de med han av ikke der så var meg seg men ett har om vi min mitt
ha hadde hun nå over da ved fra du ut sin dem oss opp man kan hans hvor eller hva skal selv her alle vil
bli ble blitt kunne inn når være kom noen noe ville dere deres etter ned skulle denne for dette også hvis
hvordan hvem deg din ditt dine
""",
    "portuguese": """
o a os as um uma uns umas de do da dos das em no na nos nas por pelo pela para com sem sobre entre até e
ou mas se que quem qual quando onde como não mais muito também já só ser é são era foi foram está estão
tem têm ter há ele ela eles elas eu tu você nós me te lhe seu sua seus suas meu minha este esta isto esse
essa isso aquele ao aos à às
""",
    "romanian": """
și în de la cu pe un o a al ai ale este sunt era că nu mai se din pentru sau dar ce care cine unde când
cum dacă prin după fost fi au am are lui lor ei el ea noi voi eu tu acest această aceste acestea acesta le
îi își fără foarte
""",
    "russian": """
и в во не что он на я с со как а то все она так его но да ты к у же вы за бы по только ее мне было вот от
меня еще нет о из ему теперь когда даже ну вдруг ли если уже или ни быть был него до вас нибудь опять уж
вам ведь там потом себя ничего ей может они тут где есть надо ней для мы тебя их чем была сам чтоб без
будто чего раз тоже себе под будет ж тогда кто этот того потому этого какой совсем ним здесь этом один
почти мой тем чтобы нее были куда зачем при это эта эти об также
""",
    "serbian": """
и у је да се на за не од са су а из до као који која које или али што о то по би ће сам смо сте бити био
није када где како све овај ова ово тај та те његов њен њихов
""",
    "spanish": """
el la los las un una unos unas de del al a en con por para sin sobre entre hasta desde y e o u pero si que
quien quienes cual cuando donde dónde como cómo qué no más muy también ya es son era fue fueron ser estar
está están ha han haber hay he tiene tienen se su sus mi mis tu tus me te le les lo nos él ella ellos
ellas yo usted este esta estos estas ese esa eso esto aquel porque
""",
    "swedish": """
och det att i en jag hon som han på den med var sig för så till är men ett om hade de av icke mig du henne
då sin nu har inte hans honom skulle hennes där min man ej vid kunde något från ut när efter upp vi dem
vara vad över än dig kan sina här ha mot alla under någon eller allt mycket sedan ju denna själv detta åt
utan varit hur ingen mitt ni bli blev oss din dessa några deras mina vilken er sådan vår också
""",
    "turkish": """
ve bir bu da de için ile olarak çok daha en gibi ne o ki mi mı var yok olan sonra kadar ama veya her şey
ben sen biz siz onlar değil ise hem nasıl neden nerede kim hangi göre tarafından üzerinde
""",
}

STOP_WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {language: frozenset(words.casefold().split()) for language, words in _LISTS.items()}
)
"""Folded words; a language that is not here has none, and BM25 gives frequent words little weight anyway."""
