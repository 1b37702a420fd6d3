"""Phrases of refusals in eight languages, as ``wording`` spells them: lower case, no accents, straight apostrophes.

A phrase names who (the model: first person, or "this assistant"), that it will not or cannot, and what: a verb of the work
that it was given. "I can't attend" and "the tenant cannot pay" lack the one or the other.
"""

from __future__ import annotations

# English
_DO = (
    r"(?:help(?! (?:but|notic|feel|think|wonder))|assist|provid|answer|compl(?:y|et)|fulfil|process|produc|generat|creat|writ"
    r"|draft|translat|summari|shar|reveal|disclos|discuss|giv|offer|tell\b|verif|check|confirm|determin|diagnos|recommend"
    r"|advis|explain|suggest|endors|condon|address|convinc|comment|speculat|guess|judg|assess|classif|predict|name\b|identif|open\b|view\b|brows|access|run\b|execut"
    r"|do (?:this|that|so|it|any)|continu|engag|participat|take part|pick (?:a|any)|reproduc|repeat|quot|recall|remember"
    r"|perform|carry|rate\b|scor|support\b|facilitat|encourag|promot|bypass|make (?:phone|any|up)|read\b|analy[sz]|review)\w*"
)
_NOT = r"(?:can ?not|can not|can't|cant|couldn't|could not|won't|will not|may not|must not|shouldn't|should not)"
_RULES = r"(?:guideline|polic(?:y|ies)|rule|principle|instruction|programming|value|safety|design)s?"
_EN = (
    rf"(?<!what )\bi (?:\w+ )?{_NOT},? ~{_DO}",
    rf"\bi(?:'m| am) [^:]{{1,60}}? (?:and|so|but),? (?:i )?(?:therefore )?{_NOT},? ~{_DO}",
    r"(?<!what )\bi (?:\w+ )?(?:do not|don't|did not|didn't) ~(?:help|assist|provid|offer|shar|writ|produc|answer|discuss|engag|support|generat|creat|take part)\w*",
    r"\bi (?:won't|will not)(?:$| (?:pick|continue|go along|be (?:able|helping|writing|part)))",
    r"\bi (?:can't|cannot|can not|won't)$",
    r"\b(?:can't|cannot|won't|unable to) (?:help|assist)(?: you)?(?: here| with (?:this|that))",
    rf"\bi(?:'m| am| was| have been|'ve been) (?:\w+ )?(?:not able|unable|not going|not willing|unwilling|not prepared)(?:,? [^,]{{1,40}},)? to ~{_DO}",
    r"\bi(?:'m| am) (?:\w+ )?not (?:allowed|permitted|authori[sz]ed|in a position|equipped|qualified|programmed|designed|licensed|comfortable|capable)\b",
    r"\bi(?:'m| am) (?:\w+ )?(?:uncomfortable|prohibited from|forbidden|barred|restricted from|not supposed to|declining|refusing)\b",
    r"\b(?:this assistant|this model|the assistant) (?:is not|cannot|can't|is unable|may not|won't)\b",
    r"\b(?:i|and|but|to) (?:respectfully |politely )?(?:refuse|decline) (?:to|this|that|the request|your)\b.{0,40}$(?<! he)",
    r"\bi(?:'m going to have to|'ll have to|'ll need to|'m going to| am going to| have to| had to|'ve to| must| will|'ll| need to|'d have to|'m afraid i must| would)? (?:\w+ )?(?:decline|refuse|refrain|abstain|pass on|turn (?:it |this |that )?down|stop here|steer clear)\b",
    r"\bi(?:'d| would) (?:rather|prefer) not\b|\bi(?:'d| would) prefer not to|\bi prefer not to",
    r"\bi (?:do not|don't) (?:feel (?:right|comfortable|able)|think i (?:should|can|could))",
    r"\bi (?:do not|don't) have (?:\w+ )?(?:the )?(?:ability|capability|capacity|means|permission|access|real-time|live|personal opinions?|enough (?:information|context|detail))",
    r"\bi (?:have|lack) (?:no|the) (?:ability|capability|capacity|means|permission|access|way of|way to|personal opinion|real-time)(?: |$)(?<!have the ability )(?<!have the means )(?<!have access )",
    rf"\b(?:against|violates?|violating|contrary to|conflicts? with|breach(?:es)?|beyond|outside|break) (?:\w+ ){{0,3}}my (?:\w+ ){{0,3}}{_RULES}",
    rf"(?<!nothing in )\bmy (?:\w+ )?{_RULES} (?:\w+ ){{0,4}}(?:don't|do not|doesn't|does not|prevent|prohibit|forbid|exclude|i (?:may|can) ?not|rule out)",
    r"\b(?:beyond|outside|outside of|not within|exceeds) (?:of )?(?:what i(?:'m| am|'ve| can| may)|my (?:scope|abilities|capabilities|ability|remit))",
    r"\b(?:this|that|your) (?:request|task|query|question|prompt) (?:can't|cannot|can not|could not|will not) be (?:fulfilled|processed|completed|answered|handled|granted|carried)",
    r"\b(?:not|isn't|something) (?:something )?(?:that )?i (?:can|could|will|would|am able|'m able|am going|'m going|have to|must)\b(?: \w+){0,2} (?:help|do|assist|turn|decline|write|answer|provide|share|support|with)",
    r"\bnot something i(?:'m| am|'ll| will| can)\b",
    r"\b(?:not ~(?:possible|ethical|appropriate|acceptable|right)|impossible|inappropriate|unethical|wrong|irresponsible|out of the question|off the table) for me\b",
    r"\bsorry,? (?:but )?no\b|\bno can do\b|^(?:unable|not able) to (?:help|assist|comply|answer|process|fulfil|complete)|\bwhere i draw the line|\b(?:help|assist)ing with [^,]{1,40} is out of the question",
    r"\bas an? (?:\w+ ){0,2}(?:ai|a\.i\.|language model|chatbot|text model|ai assistant)(?: (?:language )?(?:model|assistant|system))?,? i\b.{0,80}?(?:\bno\b|\bnot\b|n't\b|cannot|refrain|declin)",
    r"\bi(?:'ll| will) leave (?:that|this|it) (?:to|out)\b.{0,60}\bwon't\b",
    r"\bthere is no (?:document|text|file|attachment|article|image) in your (?:message|request)",
)

# English, in the impersonal: a sermon in place of the answer.
_WRONG = r"(?:appropriate|ethical|acceptable|respectful|moral|okay)"
_SAY = r"(?:provid|discuss|promot|shar|offer|giv|explain|ask|joke|make (?:joke|light|fun|assumption)|suggest|encourag|speculat|answer|describ|assist|help|engag|creat|writ|generat)\w*"
_EN_SERMON = (
    rf"\bit(?:'s| is| would) (?:not|never) (?:be )?(?:\w+ or )?{_WRONG}(?: or \w+|, \w+ or \w+)? to {_SAY}",
    r"\bit(?:'s| is| would) (?:not|never) (?:be )?(?:\w+ or )?(?:ethical|moral)\b",
    r"\bi (?:do not|don't|cannot|can't|can not|could not|would not|will not) ~(?:condone|endorse|glorify|promote|suggest or|justify|support or)\b",
    r"\bi(?:'m| am) [^:]{1,60}? and (?:do not|don't|cannot|can't) (?:condone|endorse|promote|have the (?:ability|capability|capacity)|support)\b",
    rf"\bi (?:do not|don't) (?:think|believe|feel) (?:that )?(?:it's|it is|it would be) (?:\w+ or )?{_WRONG}",
    r"\bi(?:'m| am) (?:just |only )?an ai\b.{0,40}?\b(?:i )?(?:cannot|can't|do not|don't|it's not|it is not)\b",
    rf"\bnot within my (?:\w+ ){{0,3}}{_RULES}",
    r"\bi must (?:\w+ )?(?:advise against|challenge)\b|\bthe question (?:\w+ )?(?:contains|is based on|promotes) (?:\w+ ){0,3}(?:harmful|offensive|inappropriate)",
)

# German
_TUN = (
    r"(?:helfen|weiterhelfen|unterstutzen|beantworten|antworten|geben|erteilen|herausgeben|verarbeiten|bearbeiten|erstellen"
    r"|schreiben|verfassen|ubersetzen|offnen|ansehen|sehen|stellen|sagen|erfullen|nachkommen|prufen|beurteilen|bewerten|nennen"
    r"|anbieten|liefern|bereitstellen|ausfuhren|zugreifen|abrufen|empfehlen|machen|tun|zusammenfassen|diagnostizieren|raten"
    r"|einschatzen|mitwirken|wiedergeben|teilen|verraten|fortsetzen|entsprechen|auswerten|analysieren|erzeugen|generieren)\b"
)
_RICHTLINIEN = (
    r"(?:richtlinie|regel|vorgabe|grundsatz|grundsatze|prinzip|wert|anweisung|sicherheitsrichtlinie)(?:n|en|ien|e)?"
)
_DE = (
    rf"\b(?:ich|mich) (?:kann|darf|konnte|mochte|werde|will)\b,? ~~(?:nicht|kein\w*|nichts) ~~{_TUN}",
    rf"\b(?:kann|darf|konnte|mochte|werde|will) ich\b,? ~~(?:nicht|kein\w*|nichts) ~~{_TUN}",
    r"\b(?:bin ich|ich bin) ~(?:nicht (?:in der lage|befugt|berechtigt|autorisiert|dafur|darauf|programmiert)|ausserstande)",
    r"\bmir ~(?:nicht|leider nicht|un)(?: )?(?:moglich|gestattet|erlaubt)\b",
    r"\b(?:ich muss|muss ich|ich mochte|mochte ich|werde ich|ich werde) ~~(?:ablehnen|verweigern|absehen|zuruckweisen)\b",
    r"\b(?:lehne ich|ich lehne) ~~ab\b|\bich (?:verweigere|weigere mich)",
    r"\b(?:habe ich|ich habe) ~kein\w* (?:\w+ )?(?:zugriff|zugang|moglichkeit|befugnis|echtzeit)",
    rf"\b(?:gegen|widerspr\w+|verletzt|verletzen) (?:\w+ ){{0,2}}mein\w* (?:\w+ )?{_RICHTLINIEN}\b",
    rf"\bmeine (?:\w+ )?{_RICHTLINIEN} (?:erlauben|verbieten|lassen|gestatten)",
    r"\b(?:helfe|schreibe|ubersetze|beantworte|mache|erstelle|verfasse|gebe|liefere) ich ~(?:nicht|kein)",
    r"\bich (?:helfe|schreibe|ubersetze|beantworte|mache|erstelle|verfasse|gebe|liefere) ~(?:nicht|kein)",
    r"\bstehe ich nicht zur verfugung|\bich stehe (?:dafur|hierfur) nicht zur verfugung",
    r"\b(?:ubersteigt|ausserhalb|jenseits) mein\w* (?:moglichkeiten|fahigkeiten)",
    r"\b(?:diese|ihre|deine) (?:anfrage|bitte|frage|aufgabe) kann (?:\w+ ){0,2}nicht (?:beantwortet|bearbeitet|erfullt|ausgefuhrt)",
    r"\bes (?:ist|ware) (?:\w+ )?(?:nicht|un)(?: )?(?:angemessen|angebracht|ethisch|vertretbar)|\bich (?:befurworte|unterstutze|billige) ~(?:nicht|kein)",
    r"\bals (?:ki|kunstliche intelligenz|sprachmodell|ki-?\s?(?:sprach)?modell|ki-?\s?assistent\w*)\b(?! -?\w*unternehmen).{0,80}\b(?:nicht|kein\w*)\b",
)

# French
_FAIRE = (
    r"(?:aider|assister|repondre|fournir|donner|ecrire|rediger|traduire|resumer|generer|creer|produire|traiter|satisfaire"
    r"|partager|divulguer|reveler|dire|verifier|ouvrir|acceder|consulter|voir|executer|faire|recommander|conseiller|poser"
    r"|commenter|juger|evaluer|continuer|participer|realiser|effectuer|analyser|proposer|donner suite|confirmer|communiquer)\b"
)
_FR = (
    rf"\bje ne (?:peux|puis|saurais|pourrai|pourrais|vais|veux|souhaite|dois)\b (?!que )~~{_FAIRE}",
    r"\bje ne \w+(?:rai|rais) pas\b",
    r"\bje ne suis ~(?:en mesure|capable|autorisee?|habilitee?|a l'aise|en position|programmee?|concue?|qualifiee?)",
    r"\bje n'ai ~(?:acces|possibilite|capacite|droit|moyens)\b|\bje n'ai ~(?:la|le|les) (?:possibilite|capacite|droit|moyens)\b",
    r"\b(?:il )?m'est ~impossible|\bne m'est ~possible",
    r"\b(?:contre|encontre de|contraire a|enfreint|enfreindrait|viole|violerait) mes (?:\w+ )?(?:regle|principe|directive|consigne|valeur)s",
    r"\bje (?:dois|me vois) ~(?:refuser|decliner|m'abstenir)|\bje (?:refuse|decline|m'abstiens)\b|\bje (?:prefere|prefererais) ne pas",
    r"\b(?:cette|votre|ta) (?:demande|requete|question) ne (?:peut|saurait|pourra) (?:pas )?etre",
    r"\bil (?:n'est|ne serait) pas (?:\w+ )?(?:approprie|ethique|acceptable|convenable) |\bje ne (?:cautionne|soutiens|tolere) pas",
    r"\ben tant qu(?:e |')(?:\w+ )?(?:ia|modele|assistant|intelligence)\b.{0,60}\b(?:ne|n')",
    r"\b(?:depasse|hors de|au-dela de) (?:mes (?:capacites|competences)|ce que je)",
)

# Spanish
_HACER = (
    r"(?:ayudar|asistir|proporcionar|ofrecer|responder|contestar|cumplir|completar|procesar|generar|crear|escribir|redactar"
    r"|traducir|resumir|compartir|revelar|dar|decir|verificar|abrir|acceder|ver|ejecutar|hacer|realizar|recomendar|aconsejar"
    r"|diagnosticar|comentar|juzgar|evaluar|continuar|participar|atender|facilitar|analizar|confirmar|brindar)(?:te|le|les|os|lo|la|los|las|me)*\b"
)
_ES = (
    rf"\bno (?:(?:lo|la|los|las|te|le|se) )?(?:puedo|podre|podria|pude|voy a|debo|deseo|quiero|pienso)\b ~{_HACER}",
    r"\bno (?:soy|estoy) ~(?:capaz|condiciones|autorizad[oa]|capacitad[oa]|disenad[oa]|programad[oa]|cualificad[oa])(?= (?:de|para|a)\b|$)(?<!ella)",
    r"\bno me (?:es|resulta|esta) (?:\w+ )?(?:posible|permitido)|\bme es imposible",
    r"\bno tengo (?:\w+ )?(?:acceso|capacidad|la capacidad|posibilidad|la posibilidad|permiso|permitido|forma de|manera de)\b",
    r"\b(?:debo|tengo que|he de) (?:negarme|rechazar|rehusar|declinar|abstenerme)|\bme niego a\b|\b(?:prefiero|preferiria) no\b",
    r"\b(?:contra de|contra|viola\w*|incumpl\w+|infring\w+) mis (?:\w+ )?(?:norma|regla|directric|directrice|politica|principio|pauta)s",
    r"\b(?:fuera de|mas alla de) (?:lo que (?:yo )?puedo|mis (?:capacidades|posibilidades))",
    r"\b(?:esa|esta|su|tu) (?:solicitud|peticion|pregunta|tarea) no (?:puede|podra) ser",
    r"\bno (?:es|seria) (?:\w+ )?(?:apropiado|etico|aceptable|adecuado) (?:\w+ ){0,2}(?:proporcionar|hablar|discutir|promover|compartir|dar|hacer)",
    r"\bcomo (?:\w+ )?(?:ia|modelo de lenguaje|inteligencia artificial|asistente(?: de ia)?|modelo de ia),.{0,60}\bno\b",
)

# Italian
_FARE = (
    r"(?:aiutar|assister|fornir|risponder|dar|scriver|redigere|tradur|riassumer|generar|crear|produrre|elaborar|soddisfar"
    r"|condivider|rivelar|dir|verificar|aprir|acceder(?!e da)|veder|eseguir|far|consigliar|diagnosticar|commentar|giudicar|valutar"
    r"|continuar|partecipare a questo|completar|offrir|analizzar|confermar)(?:e|re|[mtv]i|l[oaie]|gliel[oa]|vel[oa]|tel[oa])*\b"
)
_IT = (
    rf"\bnon (?:(?:lo|la|li|le|ti|vi) )?(?:posso|potro|potrei|voglio|intendo|devo|desidero)\b (?!che )~{_FARE}",
    r"\bnon (?:\w+ero|\w+urro) (?:(?:il|lo|la|i|gli|le|un|una|questo|questa|quest|l)\b|l')",
    r"\bnon sono (?:\w+ )?(?:in grado|autorizzat[oa]|capace|abilitat[oa]|progettat[oa]|programmat[oa]|qualificat[oa])",
    r"\bnon mi e (?:\w+ )?(?:possibile|permesso|consentito)|\bmi e impossibile",
    r"\bnon ho (?:\w+ )?(?:accesso|la possibilita|possibilita|la capacita|il permesso|modo di)\b",
    r"\b(?:devo|debbo|sono costrett[oa] a) (?:\w+ )?(?:rifiutar|declinar|astener)\w*|\bmi rifiuto\b|\b(?:preferisco|preferirei) (?:di )?non\b",
    r"\b(?:contro|viola\w*|violerebbe|contrari[oa] a(?:lle)?) (?:le )?mie (?:\w+ )?(?:linee guida|regole|direttive|norme|politiche)|\bcontro i miei principi",
    r"\b(?:questa|la tua|la sua) (?:richiesta|domanda) non puo essere (?:soddisfatta|elaborata|evasa|accolta)",
    r"\b(?:in quanto|come) (?:\w+ )?(?:ia|modello linguistico|intelligenza artificiale|assistente(?: virtuale)?|modello di linguaggio),.{0,60}\bnon\b",
    r"\b(?:al di fuori|oltre) (?:di )?(?:delle mie capacita|le mie capacita|cio che posso|quello che posso)",
)

# Portuguese
_FAZER = (
    r"(?:ajudar|auxiliar|assistir|fornecer|oferecer|responder|cumprir|completar|processar|gerar|criar|escrever|redigir|traduzir"
    r"|resumir|partilhar|compartilhar|revelar|dar|dizer|verificar|abrir|aceder|acessar|ver|executar|fazer|realizar|recomendar"
    r"|aconselhar|diagnosticar|comentar|julgar|avaliar|continuar|participar nisso|atender|analisar|confirmar|produzir)(?:-?(?:te|lhe|lo|la|vos|me))*\b"
)
_PT = (
    rf"\bnao (?:(?:o|a|lhe|te|vos) )?(?:posso|consigo|poderei|poderia|vou|devo|quero|desejo|pude|consegui)\b ~{_FAZER}",
    r"\bnao (?:sou|estou) ~(?:capaz de|em condicoes|autorizad[oa]|habilitad[oa]|programad[oa]|qualificad[oa])\b",
    r"\bnao me e ~(?:possivel|permitido)|\be-me impossivel|\bnao me esta permitido",
    r"\bnao tenho (?:\w+ )?(?:acesso|capacidade|a capacidade|possibilidade|a possibilidade|permissao|como)\b",
    r"\b(?:tenho (?:de|que)|devo|preciso) (?:recusar|declinar|abster-me|me recusar)|\brecuso-me\b|\bme recuso\b|\b(?:prefiro|preferia|preferiria) nao\b",
    r"\b(?:contra|viola\w*|contraria\w*|infring\w+) (?:as )?minhas (?:\w+ )?(?:diretrizes|diretivas|regras|normas|politicas)|\bcontra os meus principios",
    r"\b(?:este|esse|seu|o seu) pedido nao pode(?:ra)? ser|\b(?:esta|essa|sua) (?:solicitacao|pergunta|tarefa) nao pode(?:ra)? ser",
    r"\bcomo (?:um |uma )?(?:ia|modelo de linguagem|inteligencia artificial|assistente(?: virtual| de ia)?),.{0,60}\bnao\b",
    r"\b(?:fora|alem) d(?:o que posso|as minhas capacidades)",
)

# Dutch
_DOEN = (
    r"(?:helpen|bijstaan|beantwoorden|antwoorden|geven|verstrekken|schrijven|opstellen|vertalen|samenvatten|maken|genereren"
    r"|verwerken|uitvoeren|voldoen|delen|onthullen|zeggen|controleren|verifieren|openen|bekijken|zien|doen|aanraden|adviseren"
    r"|stellen|beoordelen|voortzetten|meewerken|bieden|leveren|analyseren|bevestigen|noemen|produceren)\b"
)
_NL = (
    rf"\b(?:ik (?:kan|mag|wil|zal|ga)|(?:kan|mag|wil|zal|ga) ik)\b ~~(?:niet|geen|niets) ~~{_DOEN}",
    r"\b(?:ik ben|ben ik) ~niet (?:in staat|bevoegd|gemachtigd|geprogrammeerd|bij machte)",
    r"\b(?:voor mij|mij) (?:\w+ )?(?:niet mogelijk|onmogelijk|niet toegestaan)",
    r"\b(?:ik heb|heb ik) ~geen (?:\w+ )?(?:toegang|mogelijkheid|toestemming)",
    r"\b(?:ik moet|moet ik) ~~(?:weigeren|afwijzen|afslaan)\b|\bik weiger\b|\bliever \w+ ik (?:dat |dit )?(?:niet|geen)|\b(?:ik \w+|\w+ ik) liever (?:niet|geen)",
    r"\b(?:tegen|in strijd met|in met) mijn (?:\w+ )?(?:richtlijn|regel|principe|waarde|beleid)\w*",
    r"\b(?:help|schrijf|vertaal|beantwoord|maak|doe|geef|werk|lever) ik ~(?:niet|geen)\b|\bik (?:help|schrijf|vertaal|beantwoord|doe|geef|werk) ~(?:niet|geen)\b",
    r"\b(?:dit verzoek|deze vraag|uw verzoek|je verzoek) kan (?:\w+ )?niet worden",
    r"\bals (?:ai|taalmodel|ai-?\s?(?:taal)?model|ai-?\s?assistent|kunstmatige intelligentie)\b.{0,60}\b(?:niet|geen)\b",
    r"\bbuiten (?:mijn (?:mogelijkheden|bereik)|wat ik (?:kan|mag))",
)

# Polish
_ROBIC = (
    r"(?:pomoc|odpowiedziec|udzielic|udzielac|podac|podawac|dostarczyc|napisac|pisac|przetlumaczyc|stworzyc|utworzyc|wygenerowac|przetworzyc"
    r"|spelnic|udostepnic|ujawnic|powiedziec|sprawdzic|zweryfikowac|otworzyc|zobaczyc|wyswietlic|wyswietlac|wykonac|zrobic|polecic|doradzic"
    r"|postawic|stawiac|ocenic|kontynuowac|streszcic|stresci\w*|zrealizowac|opisac|potwierdzic|przeanalizowac|zaoferowac)\b"
)
_PL = (
    rf"\bnie (?:moge|potrafie|bede mogla?|moglabym|moglbym|umiem|chce|zamierzam|powinienem|powinnam)\b ~{_ROBIC}",
    r"\bnie jestem ~(?:w stanie|upowazni\w+|uprawni\w+|zaprogramowan\w+)",
    r"\bnie wolno mi\b|\bnie mam (?:\w+ )?(?:dostepu|mozliwosci|uprawnien|prawa)\b",
    r"\b(?:musze|jestem zmuszon[ya]) (?:\w+ )?odmowic|\bodmawiam\b|\bwole nie\b|\bwolal(?:a|)bym nie\b",
    r"\b(?:sprzeczn\w+ z|wbrew|narusza\w*|naruszaloby) mo(?:imi|im|je) (?:\w+ )?(?:zasad|wytyczn|regul)\w*",
    r"\bnie (?:przetlumacze|napisze|pomoge|odpowiem|podam|udziele|zrobie|stworze|wykonam|wygeneruje|udostepnie|ocenie)\b",
    r"\b(?:ta prosba|to zapytanie|to zadanie|twoja prosba|panstwa prosba|to polecenie) nie (?:moze|moga) (?:zostac|byc)",
    r"\bjako (?:\w+ )?(?:ai|si|model jezykowy|sztuczna inteligencja|asystent\w*(?: ai)?)\b.{0,60}\bnie\b",
    r"\bwykracza\w* poza (?:moje mozliwosci|to,? co moge)",
)

REFUSALS = (*_EN, *_EN_SERMON, *_DE, *_FR, *_ES, *_IT, *_PT, *_NL, *_PL)

INNOCENT = (
    r"\b(?:can't|cannot|can not|couldn't) ~~(?:enough\b|too strongly|overstat|overemphas)",
    r"\bnicht (?:genug|oft genug)\b|\bnon ~~abbastanza\b|\bno puedo ~~(?:lo suficiente|suficientemente)\b|\bniet genoeg\b",
)

# What stands behind these is somebody else's.
REPORTED = (
    r"\b(?<!you )(?<!i )(?:says|said|writes|wrote|replies|replied|answered|reads|states|stated|told|asks|asked|narrator|translation|messages?"
    r"|options|template|example|schreib\w+|sagt\w*|schrieb|antwortet\w*|ecrit|dit|repond\w*|escribe|dice|responde|scrive|risponde"
    r"|schrijft|zegt|antwoordt|pisze|mowi|odpowiada)\b[^:]{0,80}:",
)
